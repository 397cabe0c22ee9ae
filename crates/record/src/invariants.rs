//! The invariants that code and tests quote by id.
//!
//! | id | claim |
//! |---|---|
//! | ST-1 | a committed segment never changes |
//! | ST-2 | readers see all of a commit or none |
//! | ST-3 | compaction preserves the multiset of rows |
//! | ST-4 | stored raw bytes hash to what was delivered |
//! | IN-1 | read = stored + duplicate + rejected |
//! | QU-1 | one query at one table version has one answer until retention |
//! | QU-2 | pruning never removes a matching row |

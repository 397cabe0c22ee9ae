//! Tells what an input is by its first bytes, never by its name.

/// How many bytes [`sniff`] looks at.
pub(crate) const SNIFF_BYTES: usize = 1024;

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text; to be scanned for records.
    Text,
    /// Compressed by gzip.
    Gzip,
    /// Compressed by Zstandard.
    Zstd,
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// Something that is not read; a clause that says what it is and what to do.
    Foreign(&'static str),
}

/// Whether `head` starts a gzip member.
pub(crate) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(b"\x1f\x8b")
}

/// Says what starts with `head`, its first [`SNIFF_BYTES`] bytes (fewer when there are no more).
pub(crate) fn sniff(head: &[u8]) -> Shape {
    const FOREIGN: &[(&[u8], &str)] = &[
        (b"PAR1", "is a Parquet file: export its events as JSON and import that"),
        (b"Obj\x01", "is an Avro file: export its events as JSON and import that"),
        (b"ORC", "is an ORC file: export its events as JSON and import that"),
        (b"SQLite format 3\0", "is an SQLite database: export its events as JSON and import that"),
        (b"BZh", "is compressed by bzip2: decompress it first"),
        (b"\xfd7zXZ\0", "is compressed by xz: decompress it first"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive: extract it first"),
        (b"\x04\x22\x4d\x18", "is compressed by LZ4: decompress it first"),
        (b"\xff\x06\0\0sNaPpY", "is compressed by Snappy: decompress it first"),
        (b"Rar!", "is a RAR archive: extract it first"),
        (b"%PDF", "is a PDF file, not a log file"),
        (
            b"version https://git-lfs",
            "is a Git LFS pointer, not the file itself: run `git lfs pull`",
        ),
        (b"\xff\xfe", "is UTF-16 text: convert it to UTF-8 first"),
        (b"\xfe\xff", "is UTF-16 text: convert it to UTF-8 first"),
    ];
    if is_gzip(head) {
        return Shape::Gzip;
    }
    if head.starts_with(b"\x28\xb5\x2f\xfd") {
        return Shape::Zstd;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Shape::Zip;
    }
    if is_tar(head) {
        return Shape::Tar;
    }
    // "ORC" may also start a text; the others cannot start JSON either way.
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Shape::Foreign(what);
    }
    if looks_like_utf16(head) {
        return Shape::Foreign("is UTF-16 text: convert it to UTF-8 first");
    }
    if head.contains(&0) {
        return Shape::Foreign("is a binary file of a kind that is not known");
    }
    Shape::Text
}

/// Says what a text is in which no record was found, when it is something well known.
pub(crate) fn name_text(head: &[u8]) -> Option<&'static str> {
    let text = head.trim_ascii_start();
    let starts = |with: &str| {
        text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    if starts("<!doctype html") || starts("<html") {
        return Some("looks like HTML: was an error page saved instead of the file?");
    }
    if starts("<?xml") || starts("<") {
        return Some("looks like XML: export the events as JSON and import that");
    }
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let commas = memchr::memchr_iter(b',', line).count();
    if commas >= 3 && !matches!(text.first(), Some(b'{' | b'[')) {
        return Some("looks like CSV: export the events as JSON and import that");
    }
    None
}

/// A tar header carries the sum of its own bytes, the sum's field counted as blanks.
fn is_tar(head: &[u8]) -> bool {
    let (Some(header), Some(field)) = (head.get(..512), head.get(148..156)) else { return false };
    let digits: Vec<u8> = field.iter().copied().filter(u8::is_ascii_digit).collect();
    let Some(claimed) =
        std::str::from_utf8(&digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok())
    else {
        return false;
    };
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    claimed == sum(header) - sum(field) + 8 * u32::from(b' ')
}

/// Every other byte is zero, as in ASCII text of 16 bits a character without a byte order mark.
fn looks_like_utf16(head: &[u8]) -> bool {
    let zeros = |from: usize| {
        let bytes = head.iter().skip(from).step_by(2).take(32);
        bytes.len() >= 4 && bytes.clone().all(|&byte| byte == 0)
    };
    zeros(0) != zeros(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_by_content() {
        let check = |head: &[u8], expected: Shape| assert_eq!(sniff(head), expected);
        check(b"{\"Records\":[]}", Shape::Text);
        check(b"", Shape::Text);
        check(b"\x1f\x8b\x08", Shape::Gzip);
        check(b"PK\x03\x04", Shape::Zip);
        check(b"\x28\xb5\x2f\xfd", Shape::Zstd);
        check(b"{\0\"\0R\0e\0c\0", Shape::Foreign("is UTF-16 text: convert it to UTF-8 first"));
        check(b"ab\0\0\0cd", Shape::Foreign("is a binary file of a kind that is not known"));
        assert!(matches!(sniff(b"PAR1xxxx"), Shape::Foreign(what) if what.contains("Parquet")));
    }

    #[test]
    fn tar_is_told_by_its_checksum() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_old();
        header.set_size(2);
        header.set_mode(0o644);
        builder.append_data(&mut header, "a.json", &b"[]"[..]).unwrap();
        let mut archive = builder.into_inner().unwrap();
        assert_eq!(sniff(&archive[..SNIFF_BYTES]), Shape::Tar);
        archive[0] ^= 1;
        assert_ne!(sniff(&archive[..SNIFF_BYTES]), Shape::Tar);
    }
}

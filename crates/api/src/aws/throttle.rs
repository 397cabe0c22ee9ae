//! AWS's rate limit on `LookupEvents`, for those who want it.

use crate::aws::error::AwsError;
use crate::limits::THROTTLED_REGIONS_MAX;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A token bucket per Region, as deep as one second's worth.
pub(crate) struct Throttle {
    per_second: Option<u32>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Throttle {
    /// Limits to `per_second`; not at all when absent.
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self { per_second, buckets: Mutex::default() }
    }

    /// Takes one request in `region` at `now`, or refuses it.
    pub(crate) fn try_take(&self, region: &str, now: Instant) -> Result<(), AwsError> {
        let Some(per_second) = self.per_second.map(f64::from) else { return Ok(()) };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        // The Region is the caller's text: unknown ones must not grow the map for ever.
        let known = buckets.contains_key(region) || buckets.len() < THROTTLED_REGIONS_MAX;
        let region = if known { region } else { "" };
        let bucket =
            buckets.entry(region.to_owned()).or_insert(Bucket { left: per_second, at: now });
        let waited = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + waited * per_second).min(per_second);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(AwsError::Throttling);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn two_a_second_and_region_pass() {
        let (throttle, start) = (Throttle::new(Some(2)), Instant::now());
        let taken =
            |region: &str, ms| throttle.try_take(region, start + Duration::from_millis(ms)).is_ok();
        let first = [taken("a", 0), taken("a", 1), taken("a", 2), taken("b", 2)];
        assert_eq!(first, [true, true, false, true]);
        assert_eq!([taken("a", 510), taken("a", 511)], [true, false]);
        assert_eq!([taken("a", 9000), taken("a", 9000), taken("a", 9000)], [true, true, false]);
    }

    #[test]
    fn no_limit_never_refuses() {
        let (throttle, now) = (Throttle::new(None), Instant::now());
        assert!((0..1000).all(|_| throttle.try_take("", now).is_ok()));
    }

    #[test]
    fn invented_regions_share_one_bucket_in_the_end() {
        let (throttle, now) = (Throttle::new(Some(1)), Instant::now());
        let passed = (0..1000).filter(|n| throttle.try_take(&format!("r{n}"), now).is_ok()).count();
        assert_eq!(passed, THROTTLED_REGIONS_MAX + 1);
    }
}

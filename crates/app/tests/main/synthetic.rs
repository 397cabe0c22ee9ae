//! Records made up from a seed, in the shapes that CloudTrail writes.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A small seeded generator (SplitMix64): equal seeds give equal tests.
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True in one of `of` cases.
    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

/// The seed: `TRAILHOUND_TEST_SEED`, or always the same.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("TRAILHOUND_TEST_SEED").ok();
    given.map_or(0x7261_696c, |text| text.parse().expect("TRAILHOUND_TEST_SEED is a number"))
}

const CALLS: [(&str, &str, bool); 8] = [
    ("RunInstances", "ec2.amazonaws.com", false),
    ("DescribeInstances", "ec2.amazonaws.com", true),
    ("DeleteRoute", "ec2.amazonaws.com", false),
    ("PutObject", "s3.amazonaws.com", false),
    ("GetObject", "s3.amazonaws.com", true),
    ("AssumeRole", "sts.amazonaws.com", true),
    ("CreateUser", "iam.amazonaws.com", false),
    ("Decrypt", "kms.amazonaws.com", true),
];

/// What a made record must have; the rest is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// `eventID`; drawn when absent.
    pub(crate) id: Option<String>,
    /// Days after 2024-03-01; drawn from 0..4 when absent.
    pub(crate) day: Option<usize>,
    /// Few different seconds in a day, so that times repeat.
    pub(crate) has_close_times: bool,
}

/// One record as CloudTrail would write it, without white space.
pub(crate) fn record(seeded: &mut Seeded, wanted: &Wanted) -> String {
    let day = wanted.day.unwrap_or_else(|| seeded.below(4));
    let second = if wanted.has_close_times { seeded.below(40) } else { seeded.below(86_400) };
    let time = format!(
        "2024-03-{:02}T{:02}:{:02}:{:02}Z",
        1 + day,
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    let id = wanted.id.clone().unwrap_or_else(|| uuid(seeded));
    let (name, source, is_read_only) = *seeded.pick(&CALLS);
    let account = format!("{:012}", 123_456_789_012_u64 + seeded.below(3) as u64);
    let region = seeded.pick(&["us-east-1", "eu-central-1", "ap-southeast-2"]);
    let mut members = vec![
        r#""eventVersion":"1.09""#.to_owned(),
        format!(r#""userIdentity":{}"#, identity(seeded, &account)),
        format!(r#""eventTime":"{time}""#),
        format!(r#""eventSource":"{source}""#),
        format!(r#""eventName":"{name}""#),
        format!(r#""awsRegion":"{region}""#),
        format!(r#""sourceIPAddress":"{}""#, address(seeded)),
        format!(r#""userAgent":"aws-cli/2.{} Python/3.11""#, seeded.below(30)),
    ];
    if seeded.one_in(4) {
        let code = seeded.pick(&["AccessDenied", "Client.UnauthorizedOperation", "NoSuchBucket"]);
        members.push(format!(r#""errorCode":"{code}","errorMessage":"User is not \"allowed\"""#));
    }
    members.push(format!(r#""requestParameters":{}"#, parameters(seeded, name)));
    members.push(r#""responseElements":null"#.to_owned());
    members.push(format!(r#""requestID":"{}","eventID":"{id}""#, uuid(seeded)));
    if !seeded.one_in(9) {
        members.push(format!(r#""readOnly":{is_read_only}"#));
    }
    if name == "PutObject" || name == "GetObject" {
        members.push(format!(
            r#""resources":[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::logs-{0}/k"}},{{"accountId":"{account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs-{0}"}}]"#,
            seeded.below(5)
        ));
        members.push(r#""managementEvent":false,"eventCategory":"Data""#.to_owned());
    } else {
        members.push(r#""managementEvent":true,"eventCategory":"Management""#.to_owned());
    }
    let kind = seeded.pick(&["AwsApiCall", "AwsApiCall", "AwsServiceEvent"]);
    members.push(format!(r#""eventType":"{kind}","recipientAccountId":"{account}""#));
    if seeded.one_in(6) {
        members
            .push(format!(r#""notSeenYet":{{"größe":{}.50,"path":"\u00e9\/x"}}"#, seeded.below(9)));
    }
    format!("{{{}}}", members.join(","))
}

fn identity(seeded: &mut Seeded, account: &str) -> String {
    let name = seeded.pick(&["alice", "bob", "deploy-bot", "Zoë"]);
    let key = format!("AKIAEXAMPLE00000000{}", seeded.below(9));
    match seeded.below(4) {
        0 => format!(
            r#"{{"type":"IAMUser","principalId":"AIDAEXAMPLE000000000{0}","arn":"arn:aws:iam::{account}:user/{name}","accountId":"{account}","accessKeyId":"{key}","userName":"{name}"}}"#,
            seeded.below(9)
        ),
        1 => format!(
            r#"{{"type":"AssumedRole","principalId":"AROAEXAMPLE000000000{0}:{name}","arn":"arn:aws:sts::{account}:assumed-role/ops/{name}","accountId":"{account}","accessKeyId":"ASIAEXAMPLE0000000{0}","sessionContext":{{"sessionIssuer":{{"type":"Role","userName":"ops"}},"attributes":{{"creationDate":"2024-03-01T00:00:00Z","mfaAuthenticated":"false"}}}}}}"#,
            seeded.below(9)
        ),
        2 => format!(r#"{{"type":"Root","principalId":"{account}","accountId":"{account}"}}"#),
        _ => r#"{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}"#.to_owned(),
    }
}

fn address(seeded: &mut Seeded) -> String {
    match seeded.below(5) {
        0 => "AWS Internal".to_owned(),
        1 => "ec2.amazonaws.com".to_owned(),
        at => format!("192.0.2.{}", at * 3 + seeded.below(3)),
    }
}

fn parameters(seeded: &mut Seeded, name: &str) -> String {
    let at = seeded.below(12);
    match name {
        "RunInstances" | "DescribeInstances" => {
            format!(
                r#"{{"instancesSet":{{"items":[{{"instanceId":"i-0123456789abcde{at:02x}"}}]}}}}"#
            )
        }
        "DeleteRoute" => {
            format!(
                r#"{{"routeTableId":"rtb-0123456789abcde{at:02x}","destinationCidrBlock":"0.0.0.0/0"}}"#
            )
        }
        "PutObject" | "GetObject" => {
            format!(
                r#"{{"bucketName":"logs-{}","key":"year=2024/\"quoted\" file {at}.gz"}}"#,
                at % 5
            )
        }
        "AssumeRole" => {
            format!(
                r#"{{"roleArn":"arn:aws:iam::123456789012:role/ops{at}","roleSessionName":"s{at}"}}"#
            )
        }
        "CreateUser" => format!(r#"{{"userName":"made-{at}","path":"/"}}"#),
        _ => "null".to_owned(),
    }
}

fn uuid(seeded: &mut Seeded) -> String {
    let (high, low) = (seeded.next(), seeded.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

/// A log file as CloudTrail delivers it.
pub(crate) fn log_file(records: &[String]) -> String {
    format!(r#"{{"Records":[{}]}}"#, records.join(","))
}

/// Writes `text` compressed as `path`, and the folders above it.
pub(crate) fn write_gz(path: &Path, text: &str) -> PathBuf {
    let folder = path.parent().expect("a folder");
    std::fs::create_dir_all(folder).expect("folders");
    let file = std::fs::File::create(path).expect("a file");
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("written");
    encoder.finish().expect("finished");
    path.to_owned()
}

/// What an import is tried on: folders of `.json.gz` files that are imported one after the other.
pub(crate) struct Input {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) records: usize,
}

/// Writes `folders` folders of `files` log files each over `days` days below `root`. Some records are
/// delivered twice, and under some ids there are two different bodies, so that order matters.
pub(crate) fn write_input(
    root: &Path,
    seeded: &mut Seeded,
    folders: usize,
    files: usize,
    days: usize,
) -> Input {
    let mut known: Vec<(String, usize)> = Vec::new();
    let mut input = Input { folders: Vec::new(), records: 0 };
    for folder in 0..folders {
        let folder = root.join(format!("delivery-{folder:02}"));
        for file in 0..files {
            let mut records = Vec::new();
            for _ in 0..4 + seeded.below(8) {
                let made = match seeded.below(10) {
                    0 if !known.is_empty() => seeded.pick(&known).0.clone(),
                    1 if !known.is_empty() => {
                        let (first, at) = seeded.pick(&known).clone();
                        first.replace(r#""requestID":""#, &format!(r#""requestID":"{at}-"#))
                    }
                    _ => {
                        let wanted = Wanted { day: Some(seeded.below(days)), ..Wanted::default() };
                        let made = record(seeded, &wanted);
                        known.push((made.clone(), seeded.below(100)));
                        made
                    }
                };
                records.push(made);
            }
            input.records += records.len();
            write_gz(&folder.join(format!("file-{file:03}.json.gz")), &log_file(&records));
        }
        input.folders.push(folder);
    }
    input
}

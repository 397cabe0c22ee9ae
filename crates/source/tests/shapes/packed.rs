//! Compression and archives, whole and damaged.

use super::*;

#[test]
fn truncated_gzip_keeps_what_came_before_the_cut() {
    let records: Vec<String> =
        (1..=4000u32).map(|id| record(id.wrapping_mul(2_654_435_761))).collect();
    let plain = format!("{{\"Records\":[{}]}}", records.join(","));
    let mut stored = gzip(plain.as_bytes());
    stored.truncate(stored.len() / 2);
    let collected = read_stream(&stored);
    assert!(collected.records.len() > 1000, "{}", collected.records.len());
    assert_eq!(collected.records, records[..collected.records.len()]);
    assert_eq!(collected.rejected.len(), 1);
    let reason = &collected.rejected[0].reason;
    assert!(reason.ends_with("the gzip data is cut short"), "{reason}");
    assert_eq!(read_file(&mut Reader::new(), &stored).report(), collected.report());
}

#[test]
fn gzip_members_and_what_follows_them() {
    let (first, second) = (gzip(fill("#1\n").as_bytes()), gzip(fill("#2\n").as_bytes()));
    check_bytes(
        &[&first[..], &second].concat(),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &[&first[..], &second, &[0; 100]].concat(),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &[&first[..], b"trailing"].concat(),
        expect![[r#"
        #1
        ! file in line 2 offset 134: bytes that are not gzip follow the gzip data
    "#]],
    );
}

#[test]
fn archives_and_their_members() {
    let (one, two) = (fill("#1").into_bytes(), gzip(fill(r#"{"Records":[#2]}"#).as_bytes()));
    let long_name = format!("{}/c.json", "deep".repeat(60));
    let members: &[(&str, &[u8])] =
        &[("a.json", &one), ("b/b.json.gz", &two), ("n.txt", b"notes"), (&long_name, b"[{]")];
    check_bytes(
        &zip(members),
        expect![[r#"
        #1
        #2
        ! file in!n.txt: holds no CloudTrail record
        ! file in!deepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeep/c.json: holds no CloudTrail record; broken JSON: expected JSON at byte 0 of the record
    "#]],
    );
    check_bytes(
        &tar(members),
        expect![[r#"
        #1
        #2
        ! file in!n.txt: holds no CloudTrail record
        ! file in!deepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeep/c.json: holds no CloudTrail record; broken JSON: expected JSON at byte 0 of the record
    "#]],
    );
    check_bytes(
        &gzip(&tar(&members[..2])),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &zstd(&tar(&members[..2])),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &zstd(&one),
        expect![[r#"
        #1
    "#]],
    );
    check_bytes(
        &[tar(&members[..1]), tar(&members[1..2])].concat(),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &tar(&[("in.zip", &zip(&members[..2]))]),
        expect![[r#"
        #1
        #2
    "#]],
    );
}

#[test]
fn damaged_archives_are_rejected_by_name() {
    let one = fill("#1").into_bytes();
    let whole = tar(&[("a.json", &one), ("b.json", &one)]);
    check_bytes(
        &whole[..1024 + 512 + 40],
        expect![[r#"
        #1
        ! record in!b.json line 1 offset 0: the file ends inside this record: the tar archive is cut short
        ! file in: the tar archive is damaged or cut short: unexpected EOF during skip
    "#]],
    );
    let whole = zip(&[("a.json", &one)]);
    check_bytes(
        &whole[..whole.len() - 10],
        expect![[r#"
            ! file in: the zip archive is damaged or cut short
        "#]],
    );
}

#[test]
fn nesting_is_bounded() {
    let mut stored = fill("#1").into_bytes();
    for _ in 0..4 {
        stored = gzip(&stored);
    }
    check_bytes(
        &stored,
        expect![[r#"
        #1
    "#]],
    );
    check_bytes(
        &gzip(&stored),
        expect![[r#"
        ! file in: lies in more than 4 archives or compressions
    "#]],
    );
}

#[test]
fn a_decompression_bomb_stops() {
    let mut plain = fill("#1\n").into_bytes();
    plain.resize(200 << 20, b' ');
    let stored = gzip(&plain);
    let mut collected = Collected::default();
    let mut stored = std::io::Cursor::new(gzip(&stored));
    assert!(Reader::new().read_stream("in", &mut stored, &mut collected).is_continue());
    assert_eq!(collected.records, [record(1)]);
    assert!(collected.decompressed < 100 << 20, "{}", collected.decompressed);
    assert!(collected.rejected[0].reason.contains("decompression bomb"));
}

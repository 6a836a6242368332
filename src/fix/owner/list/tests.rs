#![expect(
    clippy::disallowed_methods,
    reason = "looks at the file that was written"
)]

use super::super::entry::Owner;
use super::*;

fn entry(path: &[u8]) -> Entry {
    Entry {
        path: path.to_vec(),
        dev: 65024,
        ino: if path.is_empty() {
            2
        } else {
            9_007_199_254_740_993
        },
        kind: Kind::Folder,
        was: Rights {
            uid: 0,
            gid: 0,
            mode: 0o2755,
        },
    }
}

fn list() -> List {
    List {
        place: Place::Tree("/srv/claw/workspace".into()),
        root: Root { dev: 65024, ino: 2 },
        wish: Wish::Owner(Owner {
            uid: 1000,
            gid: 1000,
        }),
        entries: vec![
            entry(b""),
            entry(b"a\nb"),
            entry(b"\xff\xfe"),
            entry("a/ü\u{2028}".as_bytes()),
        ],
    }
}

fn complaint(text: &str) -> String {
    List::read(text).expect_err("must not be read").message
}

#[test]
fn what_is_written_is_read_again_byte_by_byte() {
    for place in [
        Place::Tree("/srv/claw/workspace".into()),
        Place::Tree(file::path(b"/srv/\xff".to_vec())),
        Place::Volume("claw-data".to_owned()),
    ] {
        let list = List { place, ..list() };
        assert_eq!(List::read(&list.text()), Ok(list));
    }
    let access = List {
        wish: Wish::OwnerAccess { uid: 0 },
        entries: vec![Entry {
            was: Rights {
                uid: 0,
                gid: 0,
                mode: 0o500,
            },
            ..entry(b"x")
        }],
        ..list()
    };
    assert_eq!(List::read(&access.text()), Ok(access));
}

#[test]
fn a_list_of_the_first_version_is_read_with_fields_that_nobody_knows() {
    let text = include_str!("../../../../tests/recorded/owner-list-v1.ndjson");
    assert_eq!(List::read(text), Ok(list()));
}

#[test]
fn a_list_that_was_cut_off_or_added_to_is_refused() {
    let text = list().text();
    let cut = &text[..=text[..text.len() - 1].rfind('\n').expect("lines")];
    for text in [
        cut,
        &text[..text.len() - 1],
        &format!("{text}{}\n", line(&entry(b"z"))),
    ] {
        let said = complaint(text);
        assert!(said.contains("cut off or added to"), "{said}");
    }
    assert_eq!(complaint(""), "the undo list is empty");
}

#[test]
fn an_error_names_its_line() {
    let text = list()
        .text()
        .replacen("\"mode\":\"2755\"", "\"mode\":\"+755\"", 1);
    assert_eq!(
        complaint(&text),
        "undo list, line 2: a mode that is no octal number up to 7777"
    );
    let text = list().text().replace("//4=", "*");
    assert!(complaint(&text).starts_with("undo list, line 4: a path that is no base64"));
    let text = list().text().replace("\"version\":1", "\"version\":2");
    assert_eq!(
        complaint(&text),
        "the undo list has version 2, and this program reads version 1"
    );
    assert!(complaint("x\n").starts_with("undo list, line 1: expected value"));
}

#[test]
fn a_forged_list_is_refused() {
    let said = |change: fn(&mut List)| {
        let mut list = list();
        change(&mut list);
        list.verify().expect_err("must be refused").message
    };
    assert!(said(|list| list.entries[1].path = b"../x".to_vec()).contains("not below the root"));
    assert!(said(|list| list.entries[0].ino = 3).contains("a root that is not the root"));
    assert!(said(|list| list.entries[2] = list.entries[1].clone()).contains("an entry twice"));
    assert!(said(|list| list.entries[1].was.mode = 0o10_000).contains("mode"));
    assert!(
        said(|list| (list.entries[1].was.uid, list.entries[1].was.gid) = (1000, 1000))
            .contains("needs no change")
    );
    assert!(
        said(|list| {
            list.entries[1].kind = Kind::File;
            list.entries[1].was.mode = 0o4755;
        })
        .contains("setuid")
    );
    assert!(said(|list| list.wish = Wish::OwnerAccess { uid: u32::MAX }).contains("cannot be"));
}

#[test]
fn a_file_is_new_private_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("list.ndjson");
    save(&list(), &path).expect("a file");
    let mode = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(load(&path), Ok(list()));
    let problem = save(&list(), &path).expect_err("it exists");
    assert!(
        problem
            .message
            .starts_with("could not write the undo list "),
        "{problem}"
    );
    assert_eq!(load(&path), Ok(list()));
}

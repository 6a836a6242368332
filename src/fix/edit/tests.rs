use proptest::prelude::*;
use serde_json::json;

use super::document::range;
use super::*;

fn path(dotted: &str) -> Vec<String> {
    dotted.split('.').map(str::to_owned).collect()
}

fn put(dotted: &str, value: Value) -> Change {
    Change {
        path: path(dotted),
        to: To::Set(value),
    }
}

fn drop(dotted: &str) -> Change {
    Change {
        path: path(dotted),
        to: To::Absent,
    }
}

fn edited(text: &str, change: Change) -> String {
    edit(text, &[change], Dialect::Commented, Blank::AnObject)
        .expect("can be edited")
        .text
}

fn refused(text: &str, change: Change) -> Refusal {
    edit(text, &[change], Dialect::Plain, Blank::Refused).expect_err("is refused")
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    let table = [
        ("{\"a\":1}", put("a", json!(2)), "{\"a\":2}"),
        (
            "{\n\t\"a\" :  1 ,\n\t\"b\": [ 1,2 ]\n}",
            put("a", json!("x")),
            "{\n\t\"a\" :  \"x\" ,\n\t\"b\": [ 1,2 ]\n}",
        ),
        (
            "{\n  \"dns\": [\n    \"1.1.1.1\"\n  ]\n}\n",
            put("dns", json!(["8.8.8.8", "9.9.9.9"])),
            "{\n  \"dns\": [\n    \"8.8.8.8\",\n    \"9.9.9.9\"\n  ]\n}\n",
        ),
        (
            "{\n  \"a\": { \"b\": null }, // why\n}\n",
            put("a.b", json!({"c": [1]})),
            "{\n  \"a\": { \"b\": { \"c\": [1] } }, // why\n}\n",
        ),
        (
            "{\n  \"a\": true\n}",
            put("a", json!({"b": {}, "c": [{"d": 1}]})),
            "{\n  \"a\": {\n    \"b\": {},\n    \"c\": [\n      {\n        \"d\": 1\n      }\n    ]\n  }\n}",
        ),
    ];
    for (text, change, expected) in table {
        assert_eq!(edited(text, change), expected);
    }
}

#[test]
fn a_new_key_is_laid_out_like_its_siblings() {
    let table = [
        ("{\"a\":1}", put("b", json!(2)), "{\"a\":1,\"b\":2}"),
        (
            "{ \"a\": 1 }",
            put("b", json!({"c": 2})),
            "{ \"a\": 1, \"b\": { \"c\": 2 } }",
        ),
        (
            "{\"a\":1,  \"b\":2}",
            put("c", json!([3, 4])),
            "{\"a\":1,  \"b\":2,  \"c\":[3,4]}",
        ),
        (
            "{\r\n\t\"a\" : 1\r\n}\r\n",
            put("b", json!(2)),
            "{\r\n\t\"a\" : 1,\r\n\t\"b\" : 2\r\n}\r\n",
        ),
        (
            "{\n   \"a\": {\n      \"x\": 1\n   }\n}",
            put("a.y.z", json!(true)),
            "{\n   \"a\": {\n      \"x\": 1,\n      \"y\": {\n         \"z\": true\n      }\n   }\n}",
        ),
        ("{}", put("a", json!(1)), "{\n  \"a\": 1\n}"),
        ("{\n}\n", put("a", json!(1)), "{\n  \"a\": 1\n}\n"),
        ("{\"a\":{}}", put("a.b", json!(1)), "{\"a\":{\"b\":1}}"),
        (
            "{\n    \"a\": {}\n}",
            put("a.b", json!(1)),
            "{\n    \"a\": {\n        \"b\": 1\n    }\n}",
        ),
        (
            "",
            put("a.b", json!(1)),
            "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
        ),
        (" \n", put("a", json!(1)), "{\n  \"a\": 1\n}\n"),
    ];
    for (text, change, expected) in table {
        assert_eq!(edited(text, change), expected);
    }
}

#[test]
fn a_comment_stays_with_the_key_that_it_explains() {
    let table = [
        (
            "{\n  \"a\": 1 // why a\n  // the end\n}",
            put("b", json!(2)),
            "{\n  \"a\": 1, // why a\n  \"b\": 2\n  // the end\n}",
        ),
        (
            "{\n  \"a\": 1, // why a\n}",
            put("b", json!(2)),
            "{\n  \"a\": 1, // why a\n  \"b\": 2,\n}",
        ),
        (
            "{ \"a\": 1 // x\n}",
            put("b", json!(2)),
            "{ \"a\": 1, // x\n\"b\": 2\n}",
        ),
        (
            "{\"a\": 1 /* x */}",
            put("b", json!(2)),
            "{\"a\": 1, /* x */ \"b\": 2}",
        ),
        (
            "{ // nothing yet\n}",
            put("a", json!(1)),
            "{ // nothing yet\n  \"a\": 1\n}",
        ),
        (
            "{\n  /* a */ \"a\": 1\n}",
            put("b", json!(2)),
            "{\n  /* a */ \"a\": 1,\n  \"b\": 2\n}",
        ),
        (
            "{\n  \"a\": 1, // why\n  \"b\": 2\n}",
            drop("a"),
            "{\n  // why\n  \"b\": 2\n}",
        ),
        (
            "{\n  \"a\": 1, // x\n  \"b\": 2\n}",
            drop("b"),
            "{\n  \"a\": 1 // x\n}",
        ),
        (
            "{\"a\": 1 /* x */, \"b\": 2}",
            drop("a"),
            "{ /* x */ \"b\": 2}",
        ),
    ];
    for (text, change, expected) in table {
        assert_eq!(edited(text, change), expected, "{text}");
    }
}

#[test]
fn a_key_goes_with_its_comma_and_its_line() {
    let table = [
        ("{\"a\":1}", drop("a"), "{}"),
        ("{\n  \"a\": 1,\n}", drop("a"), "{}"),
        ("{\"a\": 1, \"b\": 2}", drop("a"), "{\"b\": 2}"),
        ("{ \"a\": 1, \"b\": 2 }", drop("b"), "{ \"a\": 1 }"),
        (
            "{\"a\": 1, \"b\": 2, \"c\": 3}",
            drop("b"),
            "{\"a\": 1, \"c\": 3}",
        ),
        (
            "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 1\n  }\n}\n",
            drop("b"),
            "{\n  \"a\": 1\n}\n",
        ),
        (
            "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}",
            drop("a"),
            "{\r\n  \"b\": 2\r\n}",
        ),
        ("{\n  \"a\": 1, \"b\": 2\n}", drop("a"), "{\n  \"b\": 2\n}"),
        (
            "{\n  \"a\": 1,\n  \"b\": 2,\n}",
            drop("b"),
            "{\n  \"a\": 1,\n}",
        ),
        ("{\"a\": {\"b\": 1}}", drop("a.b"), "{\"a\": {}}"),
    ];
    for (text, change, expected) in table {
        assert_eq!(edited(text, change), expected, "{text}");
    }
}

#[test]
fn what_is_there_already_changes_not_a_byte() {
    for text in [
        "",
        "\u{feff} \n",
        "{}",
        "{ \"a\" :1 }\r\n",
        "\u{feff}{\"a\":1}",
    ] {
        let changes = [drop("b"), drop("c.d")];
        let made = edit(text, &changes, Dialect::Plain, Blank::AnObject).expect("an object");
        assert_eq!(made.text, text);
        assert_eq!(made.before, [None, None]);
        assert!(made.inverse.is_empty());
    }
    assert_eq!(edited("{ \"a\" :1 }", put("a", json!(1))), "{ \"a\" :1 }");
}

#[test]
fn a_byte_order_mark_stays() {
    let made = edited("\u{feff}{\"a\":1}", put("a", json!(2)));
    assert_eq!(made, "\u{feff}{\"a\":2}");
}

#[test]
fn the_way_back_takes_away_what_was_made_on_the_way_there() {
    let changes = [
        put("a.b.c", json!(1)),
        put("x", json!(2)),
        put("x", json!(3)),
    ];
    let made = edit("{\"x\":1}", &changes, Dialect::Plain, Blank::Refused).expect("plain");
    assert_eq!(made.before, [None, Some(json!(1)), Some(json!(2))]);
    assert_eq!(
        made.inverse,
        [put("x", json!(2)), put("x", json!(1)), drop("a")]
    );
    let back = edit(&made.text, &made.inverse, Dialect::Plain, Blank::Refused).expect("plain");
    assert_eq!(back.text, "{\"x\":1}");
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_the_place() {
    let Refusal::Unparsable { line, column, .. } = refused("{\n  \"a\": 1,\n  b\n}", drop("a"))
    else {
        panic!("unparsable");
    };
    assert_eq!((line, column), (3, 3));
    for text in [
        "{\"a\":1,}",
        "{} // x",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1e999}",
        "{\"a\":\"\u{1}\"}",
        "{} {}",
        "{",
    ] {
        let refusal = refused(text, drop("a"));
        assert!(
            matches!(refusal, Refusal::Unparsable { .. }),
            "{text}: {refusal}"
        );
    }
    let no_break_space = refused("\u{a0}", drop("a"));
    assert!(matches!(no_break_space, Refusal::Unparsable { .. }));
}

#[test]
fn comments_are_accepted_where_the_reader_of_the_file_accepts_them() {
    let text = "{\"a\": 1, /* x */}";
    assert_eq!(edited(text, put("a", json!(2))), "{\"a\": 2, /* x */}");
    assert!(matches!(
        refused(text, drop("a")),
        Refusal::Unparsable { .. }
    ));
}

#[test]
fn what_could_be_meant_in_two_ways_is_refused() {
    assert_eq!(
        refused("{\"a\":{\"b\":1,\"b\":2}}", put("a.b", json!(3))),
        Refusal::Twice { path: path("a.b") }
    );
    assert_eq!(
        refused("{\"a\":{},\"a\":{}}", put("a.b", json!(3))).to_string(),
        "the key `a` stands in it twice"
    );
    assert_eq!(
        refused("{\"DNS\":[]}", put("dns", json!([]))).to_string(),
        "it has the key `dns` written as `DNS`, which its reader takes for the same"
    );
    assert_eq!(
        edited("{\"x\":1,\"x\":2}", put("a", json!(1))),
        "{\"x\":1,\"x\":2,\"a\":1}"
    );
}

#[test]
fn what_has_no_keys_is_refused() {
    assert_eq!(
        refused("[1]", drop("a")),
        Refusal::NotAnObject { found: "a list" }
    );
    assert_eq!(refused("", drop("a")), Refusal::Blank);
    assert_eq!(
        refused("{\"a\":[{\"b\":1}]}", drop("a.b")),
        Refusal::Through {
            path: path("a"),
            found: "a list"
        }
    );
    let nowhere = Change {
        path: Vec::new(),
        to: To::Absent,
    };
    assert_eq!(refused("{}", nowhere), Refusal::NoPath);
}

#[test]
fn a_refusal_shows_no_foreign_control_characters() {
    let refusal = refused("{\"a\\u001b\":1}", drop("a\u{1b}.b"));
    assert!(!refusal.to_string().contains('\u{1b}'), "{refusal}");
}

#[test]
fn deep_nesting_is_refused_and_does_not_end_the_program() {
    let text = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for dialect in [Dialect::Plain, Dialect::Commented] {
        edit(&text, &[drop("a")], dialect, Blank::Refused).expect_err("too deep");
    }
}

#[test]
fn a_diff_shows_the_line_and_its_neighbours() {
    let before = "{\n  \"a\": 1,\n  \"b\": 2\n}\n";
    let after = edited(before, put("b", json!(3)));
    assert_eq!(
        diff(before, &after, "daemon.json"),
        "--- daemon.json\n+++ daemon.json\n@@ -1,4 +1,4 @@\n {\n   \"a\": 1,\n-  \"b\": 2\n+  \"b\": 3\n }\n"
    );
    assert_eq!(diff(before, before, "daemon.json"), "");
}

#[test]
fn a_change_has_the_words_that_old_journals_have() {
    let table = [
        (
            put("a.b", json!(null)),
            json!({"path": ["a", "b"], "to": {"set": null}}),
        ),
        (drop("a"), json!({"path": ["a"], "to": "absent"})),
    ];
    for (change, expected) in table {
        assert_eq!(serde_json::to_value(&change).expect("data"), expected);
        let back: Change = serde_json::from_value(expected).expect("reads back");
        assert_eq!(back, change);
    }
}

#[test]
fn a_comment_within_a_value_goes_with_it_and_no_other_does() {
    let text = "{\n  // x\n  \"a\": [1, /* one */ 2], // y\n  \"b\": 1\n}";
    assert_eq!(
        edited(text, put("a", json!([3]))),
        "{\n  // x\n  \"a\": [3], // y\n  \"b\": 1\n}"
    );
    assert_eq!(edited(text, drop("a")), "{\n  // x\n  // y\n  \"b\": 1\n}");
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}|.{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// White space and, where they are allowed, comments.
fn trivia(dialect: Dialect) -> BoxedStrategy<String> {
    let plain = "[ \t]{0,3}|\n|\r\n|\r|\n  |\n\t\t|  \n  ";
    match dialect {
        Dialect::Plain => plain.boxed(),
        Dialect::Commented => prop_oneof![
            6 => plain,
            1 => Just(" /* x, \"a\": { */ ".to_owned()),
            1 => Just("// y }\n ".to_owned()),
            1 => Just("/* z\n */\n".to_owned()),
        ]
        .boxed(),
    }
}

/// The tokens of a value, with `~` where trivia may stand.
fn spelled(value: &Value, trailing: &str) -> String {
    let (open, entries, close) = match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| spelled(item, trailing)).collect();
            ('[', items, ']')
        }
        Value::Object(map) => {
            let one = |(key, value): (&String, &Value)| {
                format!(
                    "{}\u{0}:\u{0}{}",
                    Value::from(key.as_str()),
                    spelled(value, trailing)
                )
            };
            ('{', map.iter().map(one).collect(), '}')
        }
        plain => return plain.to_string(),
    };
    let trailing = if entries.is_empty() { "" } else { trailing };
    let entries = entries.join("\u{0},\u{0}");
    format!("{open}\u{0}{entries}\u{0}{trailing}{close}")
}

/// A text of odd spacing that holds an object.
fn texts(dialect: Dialect) -> impl Strategy<Value = String> {
    let root = prop::collection::btree_map("[a-d]", values(), 0..4);
    let trailing = match dialect {
        Dialect::Plain => Just("").boxed(),
        Dialect::Commented => prop_oneof![Just(""), Just(",\u{0}")].boxed(),
    };
    let gaps = prop::collection::vec(trivia(dialect), 1..20);
    (root, trailing, gaps).prop_map(|(root, trailing, gaps)| {
        let root = Value::Object(root.into_iter().collect());
        let spelled = format!("\u{0}{}\u{0}", spelled(&root, trailing));
        let mut gaps = gaps.iter().cycle();
        let mut text = String::new();
        for part in spelled.split('\u{0}') {
            text.push_str(part);
            text.push_str(gaps.next().expect("endless"));
        }
        text
    })
}

fn changes() -> impl Strategy<Value = Change> {
    let to = prop_oneof![values().prop_map(To::Set), Just(To::Absent)];
    (prop::collection::vec("[a-e]", 1..4), to).prop_map(|(path, to)| Change { path, to })
}

/// The text of every property that the path does not lead to or through.
fn others(text: &str, dialect: Dialect, path: &[String]) -> Vec<String> {
    let document = Document::parse(text, dialect).expect("an object");
    let mut found = Vec::new();
    let mut object = &document.root;
    for (depth, key) in path.iter().enumerate() {
        let (on_path, off): (Vec<_>, Vec<_>) = object
            .properties
            .iter()
            .partition(|property| property.name.as_str() == key);
        found.extend(
            off.into_iter()
                .map(|property| text[range(property)].to_owned()),
        );
        match on_path.first().map(|property| &property.value) {
            Some(jsonc_parser::ast::Value::Object(inner)) if depth + 1 < path.len() => {
                object = inner;
            }
            _ => break,
        }
    }
    found
}

/// What holds of each edit that is made.
fn keeps_its_promises(text: &str, change: &Change, dialect: Dialect) {
    let all = std::slice::from_ref(change);
    let made = match edit(text, all, dialect, Blank::Refused) {
        Ok(made) => made,
        Err(Refusal::Through { .. }) => return,
        Err(refusal) => panic!("{refusal}: {change:?} in {text:?}"),
    };
    let old = Document::parse(text, dialect).expect("it was edited");
    let new = Document::parse(&made.text, dialect).expect("it was edited");
    let mut meant = old.value();
    change_value(&mut meant, &change.path, &change.to);
    assert_eq!(new.value(), meant);
    let others = |text: &str| others(text, dialect, &change.path);
    assert_eq!(others(&made.text), others(text), "the rest is as it was");
    let again = edit(&made.text, all, dialect, Blank::Refused).expect("it reads back");
    assert_eq!(again.text, made.text, "a second time changes nothing");
    let back = edit(&made.text, &made.inverse, dialect, Blank::Refused).expect("the way back");
    assert_eq!(
        Document::parse(&back.text, dialect).expect("read").value(),
        old.value()
    );
}

proptest! {
    #[test]
    fn a_plain_file_keeps_all_but_what_was_asked_for(text in texts(Dialect::Plain), change in changes()) {
        keeps_its_promises(&text, &change, Dialect::Plain);
    }

    #[test]
    fn a_commented_file_keeps_all_but_what_was_asked_for(text in texts(Dialect::Commented), change in changes()) {
        keeps_its_promises(&text, &change, Dialect::Commented);
    }

    #[test]
    fn no_text_makes_an_edit_panic(text in "\\PC{0,40}|[{}\\[\\],:\"a1 \n/*]{0,40}", change in changes()) {
        for dialect in [Dialect::Plain, Dialect::Commented] {
            let _ = edit(&text, std::slice::from_ref(&change), dialect, Blank::AnObject);
        }
    }
}

//! Reading the script's output: whole, by a shell, cut, garbled and forged.

use super::super::script::Way;
use super::*;
use crate::facts::sandbox::Purpose;

fn looks() -> Vec<Look> {
    vec![
        Look::Tool("sh".to_owned()),
        Look::Tool("python3".to_owned()),
        Look::Mount {
            target: "/workspace".to_owned(),
            expected: Access::Write,
        },
        Look::Name("github.com".to_owned()),
        Look::Way(Way::parse("169.254.169.254:80", Purpose::Blocked).expect("an address")),
    ]
}

fn script(text: &str) -> Script {
    let mut script = Script::new("TOK");
    script.take(false, text.as_bytes());
    script
}

const WHOLE: &str = "TOK\tready\t\nTOK\ttool\t1\tyes\t/usr/bin/sh\t\n\
    TOK\tstatus\tUid: 1000 1000 1000 1000\nTOK\tstatus\tGid:\t1000\t1000\t1000\t1000\n\
    TOK\tstatus\tCapEff: 0000000000000000\nTOK\tstatus\tNoNewPrivs: 1\nTOK\tstatus\tSeccomp: 2\n\
    TOK\tlimit\tmemory.max\t536870912\nTOK\tlimit\tcpu.max\t50000 100000\nTOK\tlimit\tpids.max\tmax\n\
    TOK\tresolver\nTOK\tresolv\tnameserver 127.0.0.11\nTOK\tresolv\toptions ndots:0\nTOK\tinterfaces\n\
    TOK\tinterface\teth0\nTOK\troot\tro\nTOK\tdisk\t1000\t500\nTOK\tmount\t3\tread\tEACCES\t0:0 755\n\
    TOK\tname\t4\taddresses\t12\t140.82.121.4\nTOK\treach\t5\t169.254.169.254\ttimeout\t\n\
    TOK\ttool\t2\tyes\t/usr/bin/python3\t\nTOK\tend\tpython\t\n";

#[test]
fn a_whole_report_is_read() {
    let script = script(WHOLE);
    assert!(script.is_ready() && script.is_complete());
    assert_eq!(
        script.ids().get(),
        Ok(&Ids {
            uid: 1000,
            gid: 1000
        })
    );
    let tools = script.tools(&looks()).get().expect("tools").clone();
    assert!(tools.iter().all(|tool| tool.works));
    let (found, error, owner) = script.mount(2);
    assert_eq!(found.get(), Ok(&Access::Read));
    assert_eq!(error.as_deref(), Some("EACCES"));
    assert_eq!(owner.as_deref(), Some("0:0 755"));
    assert_eq!(script.root_read_only().get(), Ok(&true));
    let confinement = script.confinement().get().expect("told").clone();
    assert_eq!(confinement.memory_limit, Some(536_870_912));
    assert_eq!(confinement.cpus, Some(0.5));
    assert_eq!(confinement.pids_limit, None);
    assert_eq!(confinement.seccomp, Some(true));
    let resolver = script.resolver().get().expect("told").clone();
    assert_eq!(resolver.nameservers, ["127.0.0.11"]);
    assert_eq!(script.interfaces().get(), Ok(&vec!["eth0".to_owned()]));
    assert_eq!(script.disk().get().map(|disk| disk.free), Ok(500));
    let names = script.names(&looks()).get().expect("told").clone();
    assert_eq!(names[0].milliseconds, 12);
    let reached = script.reached(&looks()).get().expect("told").clone();
    assert_eq!(reached[0].result, ConnectResult::Timeout);
}

#[test]
fn limits_of_cgroup_v1_are_read_and_its_no_limit_is_none() {
    let limited = |memory: &str, quota: &str| {
        script(&format!(
            "TOK\tstatus\tCapEff: 0\nTOK\tlimit\tmemory/memory.limit_in_bytes\t{memory}\n\
             TOK\tlimit\tcpu/cpu.cfs_quota_us\t{quota}\nTOK\tlimit\tcpu/cpu.cfs_period_us\t100000\n"
        ))
        .confinement()
        .get()
        .expect("told")
        .clone()
    };
    let some = limited("536870912", "150000");
    assert_eq!(
        (some.memory_limit, some.cpus),
        (Some(536_870_912), Some(1.5))
    );
    let none = limited("9223372036854771712", "-1");
    assert_eq!((none.memory_limit, none.cpus), (None, None));
}

#[test]
fn a_report_that_is_cut_anywhere_leaves_the_rest_unknown() {
    for end in 0..WHOLE.len() {
        let script = script(&WHOLE[..end]);
        assert!(!script.is_complete());
        // What was told may be known; python's own line comes last.
        assert!(script.tools(&looks()).get().is_err(), "{end}");
        let _ = (script.ids(), script.confinement(), script.disk());
        let _ = (script.names(&looks()), script.reached(&looks()));
    }
}

#[test]
fn lines_without_the_token_are_noise_and_forge_nothing() {
    let mut script = script(
        "ready\nTOKE\tend\tpython\nXTOK\tend\tpython\n\u{1b}[2JTOK\tend\tpython\nstatus\tUid: 0 0\n",
    );
    script.take(true, b"TOK\tend\tpython\n");
    assert!(!script.is_ready() && !script.is_complete());
    assert!(script.ids().get().is_err());
    assert!(script.noise().contains("\\u{1b}"), "{}", script.noise());
}

#[test]
fn pieces_may_break_anywhere() {
    for size in [1, 2, 7, 100] {
        let mut script = Script::new("TOK");
        for piece in WHOLE.as_bytes().chunks(size) {
            script.take(false, piece);
        }
        assert!(script.is_complete());
        assert!(script.tools(&looks()).get().is_ok());
    }
}

#[test]
fn endless_output_is_not_kept() {
    let mut script = Script::new("TOK");
    for _ in 0..100 {
        script.take(false, &[b'x'; 8192]);
    }
    assert!(script.is_full());
    assert!(script.kept <= MOST);
    assert!(script.noise().len() < 2000);
}

#[test]
fn garbled_fields_are_unknown_and_not_a_pass() {
    let script = script(
        "TOK\tstatus\tUid: x\nTOK\tmount\t3\tfine\nTOK\tdisk\t-1\t\nTOK\treach\t5\nTOK\tname\t4\n\
         TOK\ttool\t1\tyes\nTOK\ttool\t2\nTOK\n\nTOK\t\nTOK\tend\tpython\n",
    );
    assert!(script.ids().get().is_err());
    assert!(script.mount(2).0.get().is_err());
    assert!(script.disk().get().is_err());
    assert!(script.names(&looks()).get().is_err());
    let tools = script.tools(&looks()).get().expect("told").clone();
    assert!(tools.iter().all(|tool| !tool.works));
    assert!(script.reached(&looks()).get().is_err());
}

#[test]
fn without_python_what_a_shell_cannot_tell_says_so() {
    let script = script("TOK\tready\nTOK\ttool\t1\tyes\t/bin/sh\nTOK\ttool\t2\tno\nTOK\tend\tsh\n");
    let tools = script.tools(&looks()).get().expect("told").clone();
    assert_eq!(tools[1].path, None);
    let why = script.reached(&looks()).get().expect_err("not tried");
    assert_eq!(why.kind, WhyKind::Absent);
    assert!(why.detail.contains("python3"));
}

#[test]
fn an_engine_that_answers_is_quoted_from_its_own_words() {
    let mut looks = looks();
    looks[4] = Look::Way(Way::parse("192.168.65.7:2375", Purpose::EngineApi).expect("an address"));
    let script = script(
        "TOK\treach\t5\t192.168.65.7\topen\tHTTP/1.0 200 OK  Server: x  {\"ApiVersion\":\"1.41\"}\nTOK\tend\tpython\n",
    );
    let reached = script.reached(&looks).get().expect("told").clone();
    assert_eq!(
        reached[0].said.as_deref(),
        Some("{\"ApiVersion\":\"1.41\"}")
    );
}

proptest::proptest! {
    #[test]
    fn no_output_makes_reading_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        let mut script = Script::new("T");
        script.take(false, b"T\t");
        script.take(false, &bytes);
        script.take(false, b"\nT\tend\t\n");
        let _ = (script.ids(), script.tools(&looks()), script.mount(2), script.disk(), script.noise());
        let _ = (script.names(&looks()), script.reached(&looks()), script.resolver(), script.confinement());
    }
}

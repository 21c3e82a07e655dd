//! Every way that the child can end is a refusal that says what to do, and the parent goes on.

use std::time::Duration;

use conjoin_engine::{Jail, JailLimits, Rejection, RejectionReason};

use crate::bombs::admitted;
use crate::built;
use crate::jailed::{in_jail, limited};
use crate::wit_guest::{CONTRACT, contract_with, trapping};

/// A child that does as the script says instead.
fn script(script: &str) -> Rejection {
    let shell = Jail::new("/bin/sh").argument("-c").argument(script);
    in_jail(shell).load(built::hostile()).unwrap_err()
}

fn assert_ends(rejection: &Rejection, reason: RejectionReason, said: &str) {
    assert_eq!(rejection.reason(), reason, "{rejection}");
    assert!(rejection.to_string().contains(said), "{rejection}");
    assert!(!rejection.findings()[0].remedy.is_empty());
}

#[test]
fn s35_a_policy_that_the_child_accepts_is_loaded_and_answers() {
    let policy = crate::jailed::engine().load(built::hostile()).unwrap();
    assert_eq!(policy.description().name, "hostile");
}

#[test]
fn a_refusal_comes_back_from_the_child_as_it_is_made_in_this_process() {
    let here = conjoin_engine::Engine::new(conjoin_engine::EngineConfig::default().slots(1)).unwrap();
    for component in [
        b"no component".to_vec(),
        trapping(CONTRACT),
        trapping(&contract_with("logins-count: u32,", "logins-count: u64,")),
    ] {
        let jailed = crate::jailed::engine().load(&component).unwrap_err();
        assert_eq!(jailed, here.load(&component).unwrap_err());
    }
}

#[test]
fn s35_a_compiler_that_takes_too_much_memory_dies_alone() {
    let limits = JailLimits {
        memory_bytes: 96 << 20,
        ..JailLimits::COMPILED
    };
    let rejection = limited(limits).load(&admitted(1)).unwrap_err();
    assert_ends(
        &rejection,
        RejectionReason::CompileMemory,
        "more than the 96 MiB of memory",
    );
}

#[test]
fn s35_a_compiler_that_takes_too_much_processor_time_dies_alone() {
    let limits = JailLimits {
        memory_bytes: 4 << 30,
        cpu_seconds: 1,
        wall_clock: Duration::from_secs(600),
        ..JailLimits::COMPILED
    };
    let rejection = limited(limits).load(&admitted(10)).unwrap_err();
    assert_ends(
        &rejection,
        RejectionReason::CompileTime,
        "more than 1 s of processor time",
    );
}

#[test]
fn s35_a_child_that_waits_is_killed() {
    let brief = JailLimits {
        wall_clock: Duration::from_millis(50),
        ..JailLimits::COMPILED
    };
    let sleeping = Jail::new("/bin/sleep").argument("100000").limits(brief, brief);
    let rejection = in_jail(sleeping).load(built::hostile()).unwrap_err();
    assert_ends(&rejection, RejectionReason::CompileDeadline, "within 0.05 s");
}

#[test]
fn compiled_code_that_is_too_large_is_not_taken() {
    let limits = JailLimits {
        artifact_bytes: 10_000,
        ..JailLimits::COMPILED
    };
    let rejection = limited(limits).load(built::hostile()).unwrap_err();
    assert_ends(&rejection, RejectionReason::Excessive, "bytes of compiled code");
}

#[test]
fn s35_a_child_that_crashes_is_told_by_how() {
    assert_ends(&script("kill -SEGV $$"), RejectionReason::CompileCrashed, "signal 11");
    assert_ends(&script("kill -ILL $$"), RejectionReason::CompileCrashed, "signal 4");
    assert_ends(&script("exit 3"), RejectionReason::CompileCrashed, "exit status: 3");
    // As a system does that has no memory left.
    assert_ends(&script("kill -KILL $$"), RejectionReason::CompileMemory, "memory");
    assert_ends(
        &script("kill -TERM $$"),
        RejectionReason::CompileUnavailable,
        "somebody ended",
    );
}

#[test]
fn s35_garbage_on_the_pipe_is_no_report_however_much_there_is() {
    for said in [
        "echo nonsense",
        "exec /bin/cat /dev/zero",
        "exec /bin/cat",
        "echo '{\"accepted\":{\"artifact_bytes\":16777217}}'",
        "echo '{\"accepted\":{\"artifact_bytes\":3}}'; echo more",
        "echo '{\"refused\":{\"reason\":\"invalid\",\"findings\":[]}}'",
        "printf '{\"refused\":'",
        "exit 0",
    ] {
        assert_ends(&script(said), RejectionReason::CompileGarbled, "no report");
    }
    let whole_but_died = r#"echo '{"accepted":{"artifact_bytes":0}}'; kill -SEGV $$"#;
    assert_ends(&script(whole_but_died), RejectionReason::CompileCrashed, "signal 11");
}

#[test]
fn code_that_is_none_is_refused_by_the_loader() {
    let rejection = script(r#"echo '{"accepted":{"artifact_bytes":3}}'; printf abc"#);
    assert_eq!(rejection.reason(), RejectionReason::NotCompiled, "{rejection}");
}

#[test]
fn a_program_that_is_not_there_is_the_hosts_fault() {
    let rejection = in_jail(Jail::new("/nonexistent")).load(built::hostile()).unwrap_err();
    assert_ends(
        &rejection,
        RejectionReason::CompileUnavailable,
        "nothing is wrong with the component",
    );
}

/// Told by how the child ends: it says nothing that the parent would repeat.
#[test]
fn the_child_inherits_no_variable_no_folder_and_no_open_file() {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let open = tempfile::NamedTempFile::new().unwrap();
    let name = open.path().file_name().unwrap().to_str().unwrap();
    let files = r#"files=$(/bin/ls -l /proc/$$/fd); case "$files" in *OPEN*) exit 3;; *pipe*) ;; *) exit 4;; esac"#;
    let checks = r#"test -z "$CARGO_MANIFEST_DIR$HOME" && test "$PWD" = / && kill -SEGV $$"#;
    let script_text = format!("{}; {checks}", files.replace("OPEN", name));
    assert_ends(&script(&script_text), RejectionReason::CompileCrashed, "signal 11");
}

/// It outlives the wall clock: whoever waited for it would be told of that.
#[test]
fn a_process_that_the_child_leaves_behind_holds_nobody_up() {
    let brief = JailLimits {
        wall_clock: Duration::from_secs(60),
        ..JailLimits::COMPILED
    };
    let shell = Jail::new("/bin/sh")
        .argument("-c")
        .argument("/bin/sleep 90 & exit 0")
        .limits(brief, brief);
    let rejection = in_jail(shell).load(built::hostile()).unwrap_err();
    assert_eq!(rejection.reason(), RejectionReason::CompileGarbled, "{rejection}");
}

//! The README's way from an idea to the next sign-in, line by line.

use std::path::PathBuf;
use std::process::Command;

use conjoin_tests::{Browser, Host, Page, flow, program};

use crate::program::{succeed, workspace};

/// The lines of the tutorial's commands.
fn lines() -> Vec<String> {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let tutorial = readme.split("### From an idea to the next sign-in").nth(1).unwrap();
    let block = tutorial
        .split("```console\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    block
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_comes_from_an_idea_to_the_next_sign_in() {
    let host = Host::start().await;
    let before = Browser::new();
    let account = flow::sign_in(&host, &before, "ada@example.com").await;
    let preview = flow::prove(&before, &account, "Google", "ada@example.com").await;

    let around = tempfile::tempdir().unwrap();
    let mut folder: PathBuf = around.path().to_owned();
    let path = std::env::join_paths(
        std::iter::once(program().parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    for line in lines() {
        if let Some(name) = line.strip_prefix("cd ") {
            folder.push(name);
            continue;
        }
        let mut shell = Command::new("sh");
        shell.args(["-ec", &line]).current_dir(&folder);
        shell
            .env("PATH", &path)
            .env("CONJOIN_HOST", host.url.as_str())
            .env_remove("CONJOIN_TOKEN");
        let said = tokio::task::spawn_blocking(move || succeed(shell)).await.unwrap();
        if line.starts_with("conjoin policy list") {
            assert!(said.contains("active") && said.contains("mine"), "{said}");
        }
    }

    let after = Browser::new();
    let account = flow::sign_in(&host, &after, "ada@example.com").await;
    let changed = flow::prove(&after, &account, "Google", "ada@example.com").await;
    let languages = |page: &Page| {
        page.texts("[data-row='user_metadata/languages'] [data-cell=result]")
            .concat()
    };
    assert_eq!(changed.name(), "link-review", "{}", changed.readable());
    assert_eq!(languages(&preview), r#"["en","fr","fr","de"]"#, "{}", preview.text);
    assert_eq!(
        languages(&changed),
        r#"["en","fr"]"#,
        "the next preview is by the new strategy: {}",
        changed.text
    );
}

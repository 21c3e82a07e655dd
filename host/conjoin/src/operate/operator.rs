//! Who is at the command line.

use std::process::Command;

/// The operating system's name for them; of somebody who became root, their own with it. Whoever can open the database could write another one into the audit trail:
/// this is for honest teams to know afterwards, not a proof.
pub(super) fn name() -> String {
    // Asks the system's own tool, which knows users of directories as well as those of /etc/passwd.
    let asked = Command::new("id").arg("-un").output().ok();
    let name = asked
        .filter(|answer| answer.status.success())
        .and_then(|answer| String::from_utf8(answer.stdout).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned());
    match std::env::var("SUDO_USER") {
        Ok(own) if name == "root" && own != "root" && !own.is_empty() => format!("{own} (as root)"),
        _ => name,
    }
}

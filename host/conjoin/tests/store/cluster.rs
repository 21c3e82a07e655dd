//! A PostgreSQL cluster in a temporary folder, shared by the tests that run at the same time and stopped with the last of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use tempfile::TempDir;

static RUNNING: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

pub struct Cluster {
    binaries: PathBuf,
    folder: TempDir,
}

impl Cluster {
    /// The one that runs, or a new one.
    pub fn shared() -> Arc<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(cluster) = running.upgrade() {
            return cluster;
        }
        let cluster = Arc::new(Self::start());
        *running = Arc::downgrade(&cluster);
        cluster
    }

    /// Reaches `database` over the cluster's socket.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://postgres@localhost/{database}?host={}",
            self.folder.path().display()
        )
    }

    fn start() -> Self {
        let cluster = Self {
            binaries: binaries(),
            folder: tempfile::Builder::new().prefix("pg").tempdir().unwrap(),
        };
        let folder = cluster.folder.path().to_str().unwrap().to_owned();
        if is_root() {
            run(Command::new("chown").args(["postgres", &folder]));
        }
        let data = cluster.data();
        run(&mut cluster.command(
            "initdb",
            &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        ));
        // Only the socket, so no port can be taken; no wait for the disk, since the cluster does not outlive the test.
        let settings = format!("-c listen_addresses= -c fsync=off -c max_connections=200 -k {folder}");
        let log = format!("{folder}/log");
        run(&mut cluster.command(
            "pg_ctl",
            &["-D", &data, "-l", &log, "-o", &settings, "-w", "-t", "60", "start"],
        ));
        cluster
    }

    /// Copies one database into another, which is empty.
    pub fn dump_and_restore(&self, from: &str, to: &str) {
        let file = self.folder.path().join(format!("{}.sql", rand::random::<u64>()));
        let file = file.to_str().unwrap();
        run(&mut self.command("pg_dump", &["--file", file, from]));
        run(&mut self.command("psql", &["--quiet", "--set", "ON_ERROR_STOP=1", "--file", file, to]));
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }

    /// PostgreSQL refuses to run as root, so root runs it as `postgres`.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        // The clients can be elsewhere than the server's programs: on the path.
        let program = Some(self.binaries.join(program))
            .filter(|file| file.is_file())
            .unwrap_or_else(|| PathBuf::from(program));
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        let _ = self
            .command("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"])
            .output();
    }
}

fn is_root() -> bool {
    let answer = Command::new("id").arg("-u").output().expect("`id` runs");
    answer.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    // Not `output()`: the server would inherit the pipes, and they would never end.
    let file = tempfile::NamedTempFile::new().unwrap();
    let status = command
        .stdout(file.reopen().unwrap())
        .stderr(file.reopen().unwrap())
        .status();
    let said = std::fs::read_to_string(file.path()).unwrap_or_default();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "{command:?}: {status:?}\n{said}"
    );
}

/// Where `initdb` is: on the path, or where Debian keeps it.
fn binaries() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders
        .into_iter()
        .find(|folder| Path::new(folder).join("initdb").is_file() && Path::new(folder).join("pg_ctl").is_file())
        .expect("PostgreSQL's server programs are not installed (no `initdb` on PATH or in /usr/lib/postgresql/*/bin): install `postgresql`")
}

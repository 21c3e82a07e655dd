//! `POST /admin/policies`: a component with its case files, as a browser sends them.

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::response::Redirect;
use conjoin_cases::MAX_CASES as MOST_CASES;
use conjoin_engine::MAX_COMPONENT_BYTES;

use super::HOME;
use super::error::PageError;
use super::form::{bad, settings};
use super::session::Member;
use crate::admin::caller::Scope;
use crate::admin::policies::signature_text;
use crate::admin::problem::Problem;
use crate::admin::reading::{bounded, in_turn};
use crate::admin::{Admin, MAX_CASES, MAX_SETTINGS};
use crate::registry::Upload;
use crate::signing::MAX_SIGNATURE;
use crate::store::StoredCase;

/// What has been read of a form.
#[derive(Default)]
struct Read {
    csrf_token: String,
    settings: String,
    component: Vec<u8>,
    /// Empty where no file was chosen.
    signature: String,
    cases: Vec<StoredCase>,
    /// Bytes of all cases so far.
    case_bytes: usize,
}

/// Lets a component in, and goes to its page.
pub(super) async fn act(State(admin): State<Admin>, member: Member, request: Request) -> Result<Redirect, PageError> {
    member.caller.needs(Scope::PoliciesUpload)?;
    let form = Multipart::from_request(request, &admin).await.map_err(Problem::from)?;
    let (read, _turn) = in_turn(&admin, read(form)).await?;
    member.sent(&read.csrf_token)?;
    if read.component.is_empty() {
        return Err(bad("no component was chosen"));
    }
    let upload = Upload {
        component: read.component,
        signature: (!read.signature.is_empty()).then_some(read.signature),
        cases: read.cases,
        settings: settings(&read.settings)?,
    };
    let caller = &member.caller;
    let (version, new) = admin.registry.upload(caller.tenant(), &caller.actor(), upload).await?;
    let said = if new {
        "Uploaded."
    } else {
        "These bytes are a version that was uploaded before."
    };
    let keys = version.signatures.iter().map(|signature| signature.key.to_string());
    let keys: Vec<_> = keys.collect();
    let said = match &keys[..] {
        [] => said.to_owned(),
        [key] => format!("{said} It is signed by the key {key}."),
        keys => format!("{said} It is signed by the keys {}.", keys.join(", ")),
    };
    member.say(said).await?;
    if !member.caller.may(Scope::PoliciesRead) {
        return Ok(Redirect::to(HOME));
    }
    Ok(Redirect::to(&format!("{HOME}/policies/{}", version.digest)))
}

async fn read(mut form: Multipart) -> Result<Read, PageError> {
    let mut read = Read::default();
    while let Some(field) = form.next_field().await.map_err(Problem::from)? {
        match field.name().unwrap_or_default() {
            "csrf_token" => read.csrf_token = text(field).await?,
            "settings" => read.settings = text(field).await?,
            "component" => read.component = bounded(field, MAX_COMPONENT_BYTES).await?,
            "signature" => read.signature = signature(field).await?,
            "cases" => read.case(field).await?,
            other => return Err(bad(format!("there is no field `{}`", crate::pages::text::name(other)))),
        }
    }
    Ok(read)
}

async fn signature(field: Field<'_>) -> Result<String, PageError> {
    Ok(signature_text(bounded(field, MAX_SIGNATURE).await?)?)
}

async fn text(field: Field<'_>) -> Result<String, PageError> {
    let bytes = bounded(field, MAX_SETTINGS).await?;
    String::from_utf8(bytes).map_err(|_| bad("the form is not UTF-8"))
}

impl Read {
    /// A case file. Where none was chosen, a browser sends one without a name.
    async fn case(&mut self, field: Field<'_>) -> Result<(), PageError> {
        let file = field.file_name().unwrap_or_default().to_owned();
        let bytes = bounded(field, MAX_CASES.saturating_sub(self.case_bytes)).await?;
        if file.is_empty() {
            return Ok(());
        }
        self.case_bytes += bytes.len();
        if self.cases.len() >= MOST_CASES {
            return Err(bad(format!("at most {MOST_CASES} cases are tried")));
        }
        let name = file.strip_suffix(".json").unwrap_or(&file).to_owned();
        if self.cases.iter().any(|case| case.name == name) {
            return Err(bad("two case files have the same name"));
        }
        let text = String::from_utf8(bytes).map_err(|_| bad("a case file is not UTF-8"))?;
        self.cases.push(StoredCase { name, text });
        // As the API has them, whatever order they were chosen in.
        self.cases.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(())
    }
}

//! Versions: upload, look, revoke.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use conjoin_cases::MAX_CASES as MOST_CASES;
use conjoin_engine::MAX_COMPONENT_BYTES;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::caller::{Caller, Scope};
use super::extract::{PathParameter, QueryParameters};
use super::problem::{Problem, ProblemDetails};
use super::reading::{self, bounded};
use super::views::{VersionDetail, VersionView};
use super::{Admin, MAX_CASES, MAX_SETTINGS, Page, Texts};
use crate::registry::{RegistryError, Upload};
use crate::signing::{MAX_SIGNATURE, SignatureError, Signers};
use crate::store::{PolicyVersion, StoredCase};

/// Versions, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Versions {
    policies: Vec<VersionView>,
    /// For `after`; none on the last page.
    next: Option<String>,
}

/// What is uploaded, as `multipart/form-data`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form")]
pub(super) struct UploadForm {
    /// The component.
    #[schema(value_type = String, format = Binary)]
    component: Vec<u8>,
    /// A detached signature of the component by one of the tenant's `policy_signers`: the text of the `.minisig` file.
    signature: Option<String>,
    /// Its cases: an object whose keys are the names of files and whose values are their texts.
    #[schema(value_type = Option<Object>)]
    cases: Option<Value>,
    /// What it is checked with; for a policy whose schema demands settings.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
}

/// All versions.
#[utoipa::path(get, path = "/admin/v1/policies", operation_id = "listPolicies", params(Page), responses((status = 200, body = Versions), (status = 403, response = ProblemDetails)))]
pub(super) async fn list(
    State(admin): State<Admin>,
    caller: Caller,
    QueryParameters(page): QueryParameters<Page>,
) -> Result<Json<Versions>, Problem> {
    caller.needs(Scope::PoliciesRead)?;
    let (tenant, limit) = (caller.tenant(), page.limit());
    let after = page.after.as_deref().map(cursor).transpose()?;
    let store = admin.registry.store();
    let found = store.versions(tenant, after, limit).await?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count == limit);
    let next = found
        .last()
        .filter(|_| full)
        .map(|(last, at)| format!("{at}.{}", last.digest));
    let standing = Standing::of(&admin, &caller).await?;
    let policies = found.iter().map(|(version, _)| standing.view(version)).collect();
    Ok(Json(Versions { policies, next }))
}

/// One version, with the schema of its settings and its report.
#[utoipa::path(get, path = "/admin/v1/policies/{digest}", operation_id = "showPolicy", responses((status = 200, body = VersionDetail), (status = 404, response = ProblemDetails)))]
pub(super) async fn show(
    State(admin): State<Admin>,
    caller: Caller,
    PathParameter(digest): PathParameter<String>,
) -> Result<Json<VersionDetail>, Problem> {
    caller.needs(Scope::PoliciesRead)?;
    let version = admin.registry.version(caller.tenant(), &digest).await?;
    Ok(Json(Standing::of(&admin, &caller).await?.detail(version)))
}

/// The component itself.
#[utoipa::path(get, path = "/admin/v1/policies/{digest}/component", operation_id = "downloadPolicy", responses((status = 200, content_type = "application/wasm", body = Vec<u8>), (status = 404, response = ProblemDetails)))]
pub(super) async fn component(
    State(admin): State<Admin>,
    caller: Caller,
    PathParameter(digest): PathParameter<String>,
) -> Result<Response, Problem> {
    caller.needs(Scope::PoliciesRead)?;
    let component = admin.registry.store().component(caller.tenant(), &digest).await?;
    let component = component.ok_or_else(Problem::not_found)?;
    Ok(([(CONTENT_TYPE, "application/wasm")], Body::from(component)).into_response())
}

/// Lets a component in. 201 when it is new and 200 when it is not: the same bytes are the same version, whoever sends them and however often. It is then checked with
/// its cases and the conformance set; until that is done its state is `uploaded`. A signature that does not count is refused, and nothing is kept; one that comes with the
/// bytes and cases of a version that is there is added to it.
#[utoipa::path(
    post,
    path = "/admin/v1/policies",
    operation_id = "uploadPolicy",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = VersionDetail), (status = 200, body = VersionDetail), (status = 409, response = ProblemDetails), (status = 413, response = ProblemDetails), (status = 422, response = ProblemDetails))
)]
pub(super) async fn upload(
    State(admin): State<Admin>,
    caller: Caller,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    caller.needs(Scope::PoliciesUpload)?;
    let (upload, _turn) = reading::in_turn(&admin, read(form?)).await?;
    let (version, new) = admin.registry.upload(caller.tenant(), &caller.actor(), upload).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let place = format!("{}/policies/{}", super::PREFIX, version.digest);
    let detail = Standing::of(&admin, &caller).await?.detail(version);
    Ok((status, [(LOCATION, place)], Json(detail)).into_response())
}

/// Takes a version back for ever. Open previews that it made end, and if it decides, what decided before does again.
#[utoipa::path(post, path = "/admin/v1/policies/{digest}/revoke", operation_id = "revokePolicy", responses((status = 204), (status = 404, response = ProblemDetails), (status = 412, response = ProblemDetails)))]
pub(super) async fn revoke(
    State(admin): State<Admin>,
    caller: Caller,
    PathParameter(digest): PathParameter<String>,
) -> Result<StatusCode, Problem> {
    caller.needs(Scope::PoliciesActivate)?;
    admin.registry.revoke(caller.tenant(), &caller.actor(), &digest).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What decides and what has decided: a version's state is seen against it.
pub(super) struct Standing {
    active: Option<String>,
    known: BTreeSet<String>,
    signers: Signers,
}

impl Standing {
    pub(super) async fn of(admin: &Admin, caller: &Caller) -> Result<Self, Problem> {
        let active = admin.registry.active(caller.tenant()).await?;
        Ok(Self {
            active: active.facts.policy.map(|reference| reference.policy),
            known: admin.registry.store().activated_digests(caller.tenant()).await?,
            signers: admin.registry.signers(caller.tenant())?.clone(),
        })
    }

    pub(super) fn view(&self, version: &PolicyVersion) -> VersionView {
        let known = self.known.contains(&version.digest);
        VersionView::new(version, self.active.as_deref(), known, &self.signers)
    }

    fn detail(&self, version: PolicyVersion) -> VersionDetail {
        VersionDetail {
            version: self.view(&version),
            settings_schema: version.facts.settings_schema,
            report: version.facts.report,
        }
    }
}

pub(super) fn cursor(text: &str) -> Result<(i64, &str), Problem> {
    let parts = text
        .split_once('.')
        .and_then(|(at, digest)| Some((at.parse().ok()?, digest)));
    parts.ok_or_else(|| Problem::bad_request("this is no place in the list; give what the answer before gave"))
}

async fn read(mut form: Multipart) -> Result<Upload, Problem> {
    let (mut component, mut signature) = (None, None);
    let (mut cases, mut settings) = (Vec::new(), Map::new());
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default() {
            "component" => component = Some(bounded(field, MAX_COMPONENT_BYTES).await?),
            "signature" => signature = Some(signature_text(bounded(field, MAX_SIGNATURE).await?)?),
            "cases" => cases = read_cases(&bounded(field, MAX_CASES).await?)?,
            "settings" => {
                let text = bounded(field, MAX_SETTINGS).await?;
                settings = serde_json::from_slice(&text)
                    .map_err(|error| Problem::bad_request(format!("`settings` is no JSON object: {error}")))?;
            }
            other => return Err(Problem::bad_request(format!("there is no field `{other}`"))),
        }
    }
    let component = component.ok_or_else(|| Problem::bad_request("the field `component` is missing"))?;
    Ok(Upload {
        component,
        signature,
        cases,
        settings,
    })
}

/// What is no text is no signature.
pub(super) fn signature_text(bytes: Vec<u8>) -> Result<String, RegistryError> {
    String::from_utf8(bytes).map_err(|_| RegistryError::Signature(SignatureError::Unreadable))
}

fn read_cases(text: &[u8]) -> Result<Vec<StoredCase>, Problem> {
    let bad = |detail: String| Problem::bad_request(detail);
    let cases: Texts = serde_json::from_slice(text).map_err(|error| {
        bad(format!(
            "`cases` is an object of texts, each a case file under its name: {error}"
        ))
    })?;
    if cases.len() > MOST_CASES {
        return Err(bad(format!(
            "there are {} cases; at most {MOST_CASES} are tried",
            cases.len()
        )));
    }
    Ok(cases
        .into_iter()
        .map(|(name, text)| StoredCase { name, text })
        .collect())
}

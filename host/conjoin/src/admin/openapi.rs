//! The description of the API, as far as the handlers do not give it themselves.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, Ref};
use utoipa::{Modify, OpenApi, ToResponse};

use super::problem::ProblemDetails;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Conjoin admin API",
        description = "What a tenant's team does with its policies: upload, look, activate, roll back, revoke. The tenant is the token's. Errors are `application/problem+json` (RFC 9457)."
    ),
    modifiers(&Bearer),
    components(responses(ProblemDetails)),
    security(("token" = []))
)]
pub(super) struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "Made by `conjoin token create`; it belongs to one tenant and has scopes.",
        ));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

/// What every route can answer beside what its handler says: no token, too many requests, a database that is away.
pub(super) fn completed(mut document: Document) -> Document {
    let (name, _) = ProblemDetails::response();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let any_other = Ref::from_response_name(name).into();
        operation.responses.responses.insert("default".to_owned(), any_other);
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get, put, post, delete, ..
    } = item;
    [get, put, post, delete].into_iter().flatten()
}

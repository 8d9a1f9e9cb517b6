"""Variables of a build."""

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.sources.environment import environment_of
from pilothouse.delivery.gitops.types.source import Source

APP = {"name": "shop", "namespace": "prod", "project": "p"}


def test_the_variables_argo_has() -> None:
    found = environment_of(APP, Source("https://h/r", "x/y", "main"), "0123456789abcdef", "v1.35.0")
    assert found.expand("$ARGOCD_APP_NAME/${ARGOCD_APP_NAMESPACE}/$ARGOCD_APP_PROJECT_NAME") == "shop/prod/p"
    assert not found.is_revision_used
    assert (
        found.expand("$ARGOCD_APP_REVISION_SHORT ${ARGOCD_APP_REVISION_SHORT_8}") == "0123456 01234567" and found.is_revision_used
    )
    assert found.expand("$ARGOCD_APP_SOURCE_PATH $ARGOCD_APP_SOURCE_REPO_URL $KUBE_VERSION") == "x/y https://h/r 1.35.0"
    assert found.expand("$UNKNOWN|$$NAME|$|${") == "|$NAME|$|${"


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    found = environment_of(APP, Source("https://h/r"), "0", "v1").expand(text)
    assert "$" in text or found == text

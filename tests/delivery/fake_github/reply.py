"""GitHub's REST API replies with pages of entries, with an error, or with the address of a file."""

from __future__ import annotations

from starlette.responses import JSONResponse, RedirectResponse


def page(request, entries, key=None, most=100):
    number = int(request.query_params.get("page", 1))
    size = min(most, int(request.query_params.get("per_page", 30)))
    some = entries[(number - 1) * size : number * size]
    following = request.url.include_query_params(page=number + 1)
    headers = {"link": f'<{following}>; rel="next"'} if number * size < len(entries) else {}
    return JSONResponse(some if key is None else {"total_count": len(entries), key: some}, headers=headers)


def invalid(message):
    return JSONResponse({"message": "Validation Failed", "errors": [{"message": message}]}, 422)


def not_found():
    return JSONResponse({"message": "Not Found"}, 404)


def redirect_to_storage(request, path):
    # As GitHub does: to another host, where the token has no business.
    base = str(request.base_url).replace("127.0.0.1", "localhost")
    return RedirectResponse(f"{base}blob/{path}", 302)

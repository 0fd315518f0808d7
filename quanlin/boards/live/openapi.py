"""What the API says about the stream; apart, so that the web process does without the broker's client."""

OPENAPI = {
    "operationId": "live",
    "summary": "Live stream of facts",
    "tags": ["live"],
    "security": [{"Bearer": []}, {"Session": []}],
    "description": (
        "Server-sent events. `ready` at the beginning; `fact` with id, for facts that the asker may see: ids and codes only; "
        "`behind`: some were left out, look anew; `broken` and `mended`: the line to the broker; `over` with reason `ended` "
        "(the session, token or grant is gone: do not come back), `unverified` "
        "(the database did not answer: come back). A comment each 15 s. "
        "`Last-Event-ID` or `last` catches up."
    ),
    "parameters": [
        {
            "in": "header", "name": "Last-Event-ID", "required": False, "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        },
        {"in": "query", "name": "last", "required": False, "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"}},
    ],
    "responses": {
        200: {
            "description": "OK",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
}  # fmt: skip

# The commands beside ./run and ./test. They need the environment that one of those has made.

bin := ".venv/bin"

# list the commands
default:
    @just --list

# what ./test checks before the tests, and the types
lint:
    {{bin}}/ruff format --check .
    {{bin}}/ruff check .
    {{bin}}/lint-imports
    {{bin}}/quanlin manage makemigrations --check --dry-run

# put right what the linters can put right
fix:
    {{bin}}/ruff check --fix .
    {{bin}}/ruff format .

# the types; advice for now, not a gate
types:
    {{bin}}/mypy quanlin

# one story, for example: just story smoke
story NAME:
    ./test tests/stories -k {{NAME}}

# the tests of one room, for example: just room places
room NAME:
    ./test tests/{{NAME}}

# figures of docs/performance.md
bench *ARGS:
    {{bin}}/python -m bench {{ARGS}}

# everything that takes long: all tests, types, bench
nightly:
    QUANLIN_EXAMPLES=150 ./test
    -just types
    just bench

# pages of docs/ that are made from the code
docs:
    {{bin}}/quanlin docs facts

# tests/house/openapi.json anew, after a change of the API that was meant
openapi:
    QUANLIN_WRITE_OPENAPI=1 ./test tests/house/test_openapi_is_what_was_agreed.py

# lock files anew after a change in requirements*.in or package.json
lock:
    {{bin}}/uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
    {{bin}}/uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header -c requirements.txt requirements-dev.in -o requirements-dev.txt
    npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

# newest versions of everything that the requirements allow
upgrade:
    {{bin}}/uv pip compile -q --upgrade --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
    {{bin}}/uv pip compile -q --upgrade --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header -c requirements.txt requirements-dev.in -o requirements-dev.txt

# an empty room; docs/new-feature.md tells how to fill it
new-room NAME:
    mkdir quanlin/{{NAME}} tests/{{NAME}}
    printf '' > quanlin/{{NAME}}/__init__.py
    @echo "现在：把 quanlin.{{NAME}} 加进 quanlin/config/settings.py 的 INSTALLED_APPS 和 .importlinter 的各层，再写 facts.py、rules.py、actions.py。"

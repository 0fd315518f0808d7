"""Pages and API, for granian's WSGI workers."""

import os

from django.core.wsgi import get_wsgi_application

from quanlin.config import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanlin.config.settings")
application = get_wsgi_application()
checks.refuse_unsafe_production()

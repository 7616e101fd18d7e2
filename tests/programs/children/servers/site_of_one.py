"""A site of Django in one file, with its development server and its reloader."""

import sys

from app import work
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path


def double(request, number):
    return HttpResponse(str(work(number)))


urlpatterns = [path("<int:number>", double)]

if __name__ == "__main__":
    settings.configure(DEBUG=True, ROOT_URLCONF="site_of_one", ALLOWED_HOSTS=["*"])
    execute_from_command_line(sys.argv)

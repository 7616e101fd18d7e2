"""An application of Flask, which its own command runs with its reloader."""

from app import work
from flask import Flask

app = Flask(__name__)


@app.route("/<int:number>")
def double(number):
    return str(work(number))

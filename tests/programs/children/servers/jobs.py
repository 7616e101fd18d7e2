"""A celery application whose queue is a folder."""

import os

from app import work
from celery import Celery

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "queue")
os.makedirs(folder, exist_ok=True)
app = Celery("jobs", broker="filesystem://", backend="file://" + folder)
app.conf.broker_transport_options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder}


@app.task
def double(number):
    return work(number)


if __name__ == "__main__":
    print(double.delay(21).get(timeout=60))

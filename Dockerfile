# The book in a container: JupyterLab with the notebooks for readers.
#   docker build -t tlbook . && docker run --rm -p 8888:8888 tlbook
FROM python:3.12-slim-bookworm
RUN useradd --create-home reader
WORKDIR /book
COPY requirements.lock .
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY --chown=reader . .
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation . \
    && chown reader . \
    && su reader -c "/usr/local/bin/python tools/reader_notebooks.py"
USER reader
WORKDIR /book/_build/reader
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]

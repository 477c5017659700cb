#!/usr/bin/env python3
"""The recipe for TLS by nginx works as it stands but for names and ports.   usage: tls_test.py THRUM"""
import shutil
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from deployment import RECIPES, ask, free_port, running, skip, train

MAIN = """daemon off; pid nginx.pid; error_log stderr warn; events {{}}
http {{ access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
        uwsgi_temp_path uwsgi; scgi_temp_path scgi; include {recipe}; }}
"""


def configured(text, changes):
    for here, there in changes.items():
        assert here in text, f"the recipe does not say {here}"
        text = text.replace(here, there)
    return text


def main():
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None or shutil.which("openssl") is None:
        skip("nginx and openssl are not both installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key", "-out", folder / "pem"],
                       check=True, capture_output=True)
        plain, secure = free_port(), free_port()
        (folder / "recipe.conf").write_text(configured((RECIPES / "nginx.conf").read_text(), {
            "127.0.0.1:4000;": f"127.0.0.1:{plain};", "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
            "/etc/ssl/models.example.pem": f"{folder}/pem", "/etc/ssl/models.example.key": f"{folder}/key"}))
        (folder / "nginx.conf").write_text(MAIN.format(recipe=folder / "recipe.conf"))
        train(sys.argv[1], folder / "m.thrum")
        trusted = ssl.create_default_context(cafile=folder / "pem")
        with running(sys.argv[1], "-q", "serve", folder / "m.thrum", "-w", 2, "-b", f"127.0.0.1:{plain}"), \
                running(nginx, "-p", folder, "-c", folder / "nginx.conf"):
            url = f"https://localhost:{secure}"
            for _ in range(20):
                assert b"ok" in ask(f"{url}/health", context=trusted)
            body = b'{"instances": [[' + b", ".join([b"1"] * 30) + b"]]}"
            answer = ask(f"{url}/predict", body, trusted)
            assert b'"predictions":["' in answer, answer
            assert answer == ask(f"http://127.0.0.1:{plain}/predict", body)
            try:
                ask(f"{url}/health", context=ssl.create_default_context())
            except OSError as error:
                assert "certificate verify failed" in str(error), error
            else:
                raise AssertionError("a client took a certificate that it does not trust")
    print("the same answers through TLS")


if __name__ == "__main__":
    main()

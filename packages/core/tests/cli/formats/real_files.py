"""Files of the kinds that services have, each written for these tests."""

from __future__ import annotations

import attrs

__all__ = ["KINDS", "Kind"]


@attrs.frozen
class Kind:
    """
    A kind of file.

    Attributes:
        file: Its name.
        text: Its content.
        option: The option that it becomes; None if its top level, or its section, is options.
        sections: The parts of it that are taken.
        is_bare: Whether its keys are names of variables as they are.
    """

    file: str
    text: str
    option: str | None = None
    sections: tuple[str, ...] = ()
    is_bare: bool = True


KINDS = {
    "Rails database.yml": Kind(
        "database.yml",
        """\
default: &default
  adapter: postgresql
  encoding: unicode
  pool: 5
  variables:
    statement_timeout: 5000

development:
  <<: *default
  database: shop_development

production:
  <<: *default
  database: shop_production
  username: shop
  pool: 25
  url: "postgresql://db.example/shop"
""",
        "db",
        ("default", "production"),
    ),
    "Rails storage.yml, whole": Kind(
        "storage.yml",
        """\
local:
  service: Disk
  root: "tmp/storage"
amazon:
  service: S3
  region: eu-west-1
  bucket: shop-uploads
  upload: {cache_control: "private, max-age=86400"}
""",
    ),
    "docker-compose": Kind(
        "docker-compose.yml",
        """\
services:
  web:
    image: "shop/web:2.4"
    command: ["gunicorn", "-w", "4", "shop:app"]
    ports: ["8000:8000", "127.0.0.1:9000:9000"]
    environment:
      DATABASE_URL: postgresql://db/shop
      DEBUG: "0"
    depends_on:
      db: {condition: service_healthy}
    healthcheck:
      test: [CMD, curl, -f, "http://localhost:8000/health"]
      interval: 30s
      retries: 3
  db:
    image: postgres:16
    volumes:
      - data:/var/lib/postgresql/data
volumes:
  data: {}
""",
    ),
    "appsettings.json": Kind(
        "appsettings.json",
        """\
{
  "Logging": {
    "LogLevel": {"Default": "Information", "Microsoft.AspNetCore": "Warning"}
  },
  "AllowedHosts": "*",
  "ConnectionStrings": {"Shop": "Server=db.example;Database=shop;User=app"},
  "Kestrel": {"Endpoints": {"Http": {"Url": "http://0.0.0.0:5000"}}},
  "Features": [{"Name": "Search", "Enabled": true}, {"Name": "Chat", "Enabled": false}]
}
""",
        "app",
    ),
    ".env of a web service": Kind(
        ".env",
        """\
# The service itself.
DEBUG=false
SECRET_KEY='s3cr#t $with "quotes"'
DATABASE_URL=postgres://shop:pw@db.example:5432/shop?sslmode=require

export ALLOWED_HOSTS=shop.example,www.shop.example
EMPTY=
""",
        "app",
    ),
    ".env with text of several lines": Kind(
        ".env.production",
        """\
PRIVATE_KEY="-----BEGIN KEY-----
MIIB
-----END KEY-----"
GREETING="Grüße,\\tWelt\\n"
JSON={"a":1}
INLINE=value # a comment
SPACED = padded
""",
        "app",
    ),
    ".env of Vite, with lower case and dots": Kind(
        "web.env",
        """\
VITE_API_URL=https://api.example/v1
vite_theme=dark
app.title='The shop'
TEMPLATE='${NOT_REPLACED}'
""",
        "web",
    ),
    "pyproject.toml": Kind(
        "pyproject.toml",
        """\
[project]
name = "shop"
version = "1.4.0"
dependencies = ["httpx>=0.27", "attrs"]

[tool.shop]
workers = 4
timeout = 2.5
hosts = ["a.example", "b.example"]

[tool.shop.cache]
url = "redis://cache.example/0"
ttl = 300

[tool.other]
released = 2024-05-01
""",
        "shop",
        ("tool.shop",),
    ),
    "Cargo-like TOML of tables in lists": Kind(
        "workers.toml",
        """\
default-queue = "mail"
rate = 0.5

[[worker]]
name = "mail"
retry = {max = 5, backoff = [1, 2, 4]}

[[worker]]
name = "search"
paused = true
""",
        "jobs",
    ),
    "Spring application.yaml": Kind(
        "application.yaml",
        """\
spring:
  application:
    name: orders
  datasource:
    url: jdbc:postgresql://db.example:5432/orders
    hikari: {maximum-pool-size: 20, connection-timeout: 30000}
  jpa:
    open-in-view: false
    properties:
      hibernate.jdbc.batch_size: 50
server:
  port: 8081
management:
  endpoints.web.exposure.include: "health,info"
""",
    ),
    "JSON of nested lists": Kind(
        "routes.json",
        """\
{
  "routes": [
    {"path": "/", "methods": ["GET", "HEAD"], "backends": [["a", 80], ["b", 81]]},
    {"path": "/api", "methods": [], "limits": {"burst": 20, "rate": 1.5}, "auth": null}
  ],
  "fallback": [[], [[1, 2], [3]], {}],
  "version": 3
}
""",
        "gateway",
    ),
    "package.json": Kind(
        "package.json",
        """\
{
  "name": "shop-web",
  "private": true,
  "engines": {"node": ">=20"},
  "scripts": {"build": "vite build", "test:unit": "vitest run"},
  "dependencies": {"vue": "^3.4.0", "@shop/ui": "2.1.0"},
  "files": ["dist", "README.md"]
}
""",
        "web",
        is_bare=False,
    ),
    "Kubernetes ConfigMap": Kind(
        "configmap.yaml",
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
  labels: {app.kubernetes.io/name: shop}
data:
  LOG_LEVEL: info
  MAX_CONNECTIONS: "100"
  nginx.conf: |
    server {
      listen 8080;
      location / { return 200 "ok"; }
    }
""",
        "shop",
        ("data",),
    ),
    "Kubernetes Deployment, whole": Kind(
        "deployment.yaml",
        """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, labels: {app.kubernetes.io/name: shop}}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: web
          image: shop/web:2.4
          resources:
            limits: {cpu: 500m, memory: 256Mi}
          env:
            - {name: DEBUG, value: "0"}
""",
        "deployment",
        is_bare=False,
    ),
    "Ansible group_vars": Kind(
        "all.yml",
        """\
---
ntp_servers:
  - 0.pool.example
  - 1.pool.example
users:
  - {name: ada, groups: [admin, dev], uid: 1001}
  - {name: ben, groups: [], uid: 1002}
nginx_worker_connections: 1024
app_env:
  RAILS_ENV: production
motd: >-
  Changes are made by
  the playbook.
""",
        "vars",
    ),
    "logging.config of Python": Kind(
        "logging.yaml",
        """\
version: 1
disable_existing_loggers: false
formatters:
  plain: {format: "%(asctime)s %(levelname)-8s %(name)s: %(message)s"}
handlers:
  console: {class: logging.StreamHandler, formatter: plain, stream: "ext://sys.stdout"}
loggers:
  shop.orders: {level: DEBUG, propagate: false, handlers: [console]}
root: {level: INFO, handlers: [console]}
""",
        "logging",
    ),
    "Helm values.yaml": Kind(
        "values.yaml",
        """\
replicaCount: 2
image: {repository: shop/web, tag: "2.40", pullPolicy: IfNotPresent}
ingress:
  enabled: true
  hosts:
    - host: shop.example
      paths: [{path: /, pathType: Prefix}]
  tls: []
nodeSelector: {}
serviceAccount: {name: null}
""",
        "web",
    ),
    "dynaconf settings.toml": Kind(
        "settings.toml",
        """\
[default]
debug = true
name = "shop"
database = {host = "localhost", port = 5432, options = {timeout = 1}}

[production]
debug = false
database = {host = "db.example", port = 5432}
""",
        "app",
        ("default", "production"),
    ),
    "tsconfig-like JSON": Kind(
        "tsconfig.json",
        """\
{
\t"compilerOptions": {
\t\t"target": "ES2022",
\t\t"paths": {"app-root": ["./src"]},
\t\t"strict": true
\t},
\t"include": ["src"],
\t"references": [{"path": "./tsconfig.node.json"}]
}
""",
        "typescript",
    ),
    "Prometheus rules and targets": Kind(
        "prometheus.yml",
        """\
global: {scrape_interval: 15s, evaluation_interval: 1m}
scrape_configs:
  - job_name: shop
    metrics_path: /metrics
    static_configs:
      - targets: ["web-1.example:9090", "web-2.example:9090"]
        labels: {tier: frontend}
    relabel_configs:
      - {source_labels: [__address__], regex: "(.*):\\\\d+", target_label: instance}
""",
        "prometheus",
    ),
    "OpenAPI-like JSON, with numbers": Kind(
        "limits.json",
        """\
{
  "max": 9007199254740993,
  "rate": 0.1,
  "tiny": 1e-9,
  "negative": -5,
  "unicode": "\\u00fc \\ud83d\\ude00",
  "path": "C:\\\\shop\\n",
  "on": "yes",
  "octal": "0755",
  "empty": ""
}
""",
        "limits",
    ),
    "feature flags as options": Kind(
        "flags.json",
        """\
{
  "search": {"enabled": true, "percentage": 25, "users": ["ann", "ben"]},
  "chat": {"enabled": false},
  "dark-mode": {}
}
""",
    ),
}

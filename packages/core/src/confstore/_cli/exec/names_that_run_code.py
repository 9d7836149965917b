"""
The names of programs, runtimes and namespaces of the system whose variables are read by themselves.

This is the one place of these names, for `exec` and for `export` to dotenv and shell. Each is the
first word of variables that programs read on their own: with them, whoever writes a store could
load code, or redirect a program's traffic, where the store is read. The list cannot be complete.

Sources:
    glibc, `sysdeps/generic/unsecvars.h`; sudo, `env.c`, `initial_badenv_table`; Apple, dyld(1);
    POSIX.1-2024, XBD chapter 8, "Environment Variables"; Elttam, "Hacking with Environment
    Variables", 2020; the sections ENVIRONMENT of the programs' manuals; the proxy and certificate
    variables of curl(1), Requests and OpenSSL; the settings of the SDKs of AWS, Azure and Google.
"""

from __future__ import annotations

import re

__all__ = ["BARE_RUNS_CODE", "PROGRAMS", "RUNS_CODE"]

_NAMES = """
    # The loader, the C library, the system.
    compiler dbus dyld gconv getconf glibc lc ld ldr libc malloc nis nls nss nsswitch objc pam
    pthread res resolv rld shlib systemd term terminfo tz xdg
    # Windows.
    powershell processor wsl
    # Shells and terminals.
    ash bash busybox csh dash direnv fish fzf ksh mksh nushell readline sh starship tcsh tmux
    zsh
    # Tools of every system.
    aspell bat bzip bzip2 cups fd gawk gdal gdb gnuplot gnupg gpg gpgme grep groff gzip less ls
    lsof lz4 magick mandoc nano nvim parallel pinentry posixly ranger rg ripgrep sqlite strace
    tar unzip valgrind vim xz zip zipinfo zstd
    # Other users' rights, and other machines.
    ace askpass authstate dlc doas gss kerberos kinit krb krb5 mosh nfs pkcs11 pkexec rsh rsync
    sasl scp sftp ssh sshpass sudo usr var
    # Addresses, certificates and proxies.
    aiohttp all aria2 curl ftp grpc http http2 http3 https httpx libcurl no nss3 openssl
    requests socks socks5 ssl urllib wget
    # Version control.
    bzr cvs darcs fossil gh git github gitlab glab hg mercurial p4 pre svn
    # Python.
    airflow black celery cffi conda coverage cython dagster daphne dask dill distutils django
    fastapi flask gevent gunicorn hatch huey hypercorn hypothesis ipython isort jupyter kivy
    mamba matplotlib meson mlflow mpl mypy nose nox numba numexpr numpy pandas pbr pdm pex pip
    pipenv pipx poetry prefect pydantic pydevd pyenv pyinstaller pylint pypy pyright pytest
    python python2 python3 ray rq ruff scrapy setuptools shiv sphinx streamlit tox twine twisted
    uv uvicorn uwsgi virtual virtualenv virtualenvwrapper werkzeug workon
    # JavaScript.
    babel bower bun chrome corepack cypress deno electron eslint expo firefox fnm gulp jest
    mocha next node nodejs nodemon npm npx nuxt nvm nx parcel playwright pm2 pnpm puppeteer
    rollup selenium ts tsx turbo vite vitest volta vue webpack yarn
    # The Java virtual machine.
    ant catalina clojure gradle groovy ibm j9 java javac jboss jdb jdk jetty jpda jre jruby jvm
    jython kotlin lein leiningen maven micronaut mvn openj9 quarkus sbt scala sdkman tomcat
    wildfly
    # Other languages, compilers and build tools.
    asan asdf autoconf automake bazel bazelisk bison bundle bundler c cabal cargo cc ccache cgo
    clang cmake complus composer cor coreclr cpan cpath cplus cpp crystal ctest cxx dart ddmd
    distcc dmd dotnet elixir emacs erl erlang flex flutter fortran gcc gem gems gfortran ghc go
    gofortran golang guile haskell hex hhvm icc iex irb julia library libtool llvm lsan lua
    luajit luarocks m4 make makefile mise mix mono msan msbuild msvc nim ninja nuget ocaml
    ocamlfind ocamlrun octave opam perl perl5 perl6 php phpunit pkg plt psalm pub puma r rack
    rails rake raku rbenv rebar rebar3 rscript rspec rstudio ruby rubygems rust rustc rustdoc
    rustup rvm sass sbcl sccache sorbet spring swift tcl tk tsan ubsan unicorn vs xcode zig
    # Packages of the system.
    apk appimage apt aptitude brew chocolatey deb debconf debian dnf dpkg flatpak guix homebrew
    macports needrestart nix nixos pacman portage rpm snap yum zypper
    # Screens, sound and graphics.
    alsa cuda dri egl fontconfig gbm gdk gegl gi gio glib gnome gsettings gst gstreamer gtk gtk2
    gtk3 gtk4 ibus kde ladspa libgl libva lv2 mesa nvidia opencl opengl pango pipewire pulse qml
    qml2 qt qt4 qt5 qt6 rocm sdl vdpau vk vlc vulkan wayland webkit wine x11 xla xmodifiers
    # Numbers and learning machines.
    blas gomp goto hf hip huggingface jax keras kmp mkl mpi omp onnx openblas openmp pytorch
    spark tensorflow tf torch transformers triton wandb
    # Clouds, containers and what runs programs there.
    alicloud amazon ansible appengine argocd arm aws az azure bazelrc boto boto3 botocore
    buildah buildkit buildx chef cilium cloudflare cloudsdk compose consul containerd
    digitalocean docker doctl ec2 ecs eks eksctl envoy etcd etcdctl facter fargate firebase flux
    fly gce gcloud gcp gcr gke gogc google gsutil hcloud helm helmfile heroku incus infracost
    istio jenkins k3s k8s k9s kops krew kube kubectl kubernetes kustomize lambda libvirt linkerd
    lxc lxd minikube minio netlify nomad oci openshift openstack opentofu os packer podman
    pulumi puppet qemu rclone runc saltstack sam serverless skaffold skopeo sls terraform
    terragrunt tflint tofu traefik travis vagrant vault vercel virsh wrangler
    # Databases' own clients, and brokers.
    cassandra cqlsh cypher dbt dolt hadoop hbase hdfs hive influx kafka libmysql libpq mariadb
    mongosh mysql mysqlsh odbc odbcini ora oracle pg pgclient psql rabbitmq rediscli snowflake
    snowsql sqlcmd sqlplus tds tns usql zk zookeeper
    # Backups.
    borg duplicity restic
    # Instruments: they load code into a program, or send what it does elsewhere.
    airbrake appdynamics appsignal bugsnag datadog dd ddtrace dynatrace elastic honeycomb
    lightstep new newrelic opentelemetry otel pyroscope rollbar rookout scout sentry
    # Continuous integration, and this program itself.
    actions bamboo bitbucket buildkite ci circle circleci codecov confstore drone
"""

PROGRAMS = frozenset(
    name
    for line in _NAMES.splitlines()
    if not line.lstrip().startswith("#")
    for name in line.split()
)
"""
The first words of variables' names, in lower case.

An option is matched by the first word of its variable, without underscores in front: `java_tool`,
`_java` and `java-tool` are all `java`.
"""

RUNS_CODE = re.compile(
    r"""
    _*(?:
        AIRFLOW_.* | ANSIBLE_.*_PLUGINS(?:_PATH)? | ANT_(?:ARGS|OPTS) | BASH_ENV | BAT_PAGER
      | BORG_(?:PASSCOMMAND|RSH) | BUNDLE_GEMFILE | CARGO_(?:ALIAS|BUILD|TARGET)_.*
      | CATALINA_OPTS | CCACHE_(?:COMPILER|PREFIX) | CLOUDSDK_PYTHON | CONFSTORE_SCHEMA
      | CORECLR_PROFILER.* | COR_PROFILER.* | CVS_RSH | DJANGO_SETTINGS_MODULE
      | DOTNET_STARTUP_HOOKS | DYLD_.*
      | ERL_(?:A|Z)?FLAGS | FLASK_APP | FZF_DEFAULT_(?:COMMAND|OPTS) | GCC_EXEC_PREFIX
      | GDAL_DRIVER_PATH | GNUPLOT_DRIVER_DIR | GS_(?:LIB|OPTIONS) | GCONV_PATH
      | GEM_(?:HOME|PATH) | GIO_(?:EXTRA_MODULES|MODULE_DIR) | GIT_.* | GLIBC_TUNABLES
      | GRADLE_OPTS | GST_PLUGIN_.* | GTK\d?_(?:MODULES|PATH) | GUILE_LOAD_.* | GUNICORN_CMD_ARGS
      | JAVA_(?:OPTIONS|OPTS|TOOL_OPTIONS) | JDK_JAVA_OPTIONS | JULIA_(?:DEPOT|LOAD)_PATH
      | KAFKA_OPTS | LD_.* | LIBGL_DRIVERS_PATH | LUA_(?:CPATH|INIT|PATH).* | MAGICK_.*_PATH
      | MAVEN_OPTS | NODE_(?:OPTIONS|PATH) | NPM_CONFIG_.* | OPENSSL_.* | PERF_EXEC_PATH
      | PHP_INI_SCAN_DIR | PIP_(?:CONFIG_FILE|EXTRA_INDEX_URL|FIND_LINKS|INDEX_URL)
      | PROMPT_COMMAND | PSQL_(?:EDITOR|PAGER) | PYTEST_(?:ADDOPTS|PLUGINS) | QML2?_IMPORT_PATH
      | QT_(?:PLUGIN|QPA)_.* | RCLONE_PASSWORD_COMMAND | RESTIC_PASSWORD_COMMAND
      | RSYNC_(?:CONNECT_PROG|RSH) | RUSTC_.*WRAPPER | R_(?:ENVIRON|LIBS|PROFILE).* | SBT_OPTS
      | (?:SSH|SUDO)_ASKPASS | STACK_(?:ROOT|YAML) | SVN_SSH | TAR_OPTIONS | UV_.*INDEX.*
      | UWSGI_.* | VK_.*_PATH | YARN_RC_FILENAME
    )
    """,
    re.VERBOSE,
)
"""
Single names, and families of names, that are known to make programs run other code.

A variable of an option has an underscore behind the option, so PATH, IFS or PYTHONPATH cannot come
from a store, except by `--bare`; those are below.
"""

BARE_RUNS_CODE = re.compile(
    r"""
    (?:
        APPDATA | BASHOPTS | BROWSER | CC | CDPATH | CLASSPATH | COMSPEC | CXX | EDITOR | ENV
      | FCEDIT | FPATH | FPPATH | GLOBIGNORE | GOBIN | GOFLAGS | GOPATH | GOPROXY | GOROOT
      | HOME | HOSTALIASES | IFS | LD | LESSCLOSE | LESSOPEN | LOCALAPPDATA | LOCPATH | MAKEFLAGS
      | MANPAGER | NLSPATH | PAGER | PATH | PATHEXT | PERL5.* | PERLLIB | PHPRC | PS\d
      | PSMODULEPATH
      | PYTHON(?:BREAKPOINT|EXECUTABLE|HOME|INSPECT|PATH|PLATLIBDIR|PYCACHEPREFIX|STARTUP
          |USERBASE|WARNINGS)
      | RUBY(?:LIB|OPT) | RUSTC | RUSTDOC | RUSTFLAGS | SHELL | SHELLOPTS | SYSTEMROOT | TCLLIBPATH
      | TERMCAP | TERMINFO.* | USERPROFILE | VISUAL | WINDIR | XDG_(?:CONFIG|DATA)_.* | ZDOTDIR
    )
    """,
    re.VERBOSE,
)
"""
Names without the name of an option that are known to make programs run other code.

HOME is one: shells, git and package managers run what they find there.
"""

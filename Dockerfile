# The image holds the server, the emulator, the certificates that Zapier's are
# checked against, and a folder for the store. There is no shell in it.

FROM golang:1.26 AS build
WORKDIR /src

# A layer of its own, so that the modules are downloaded again only when one of
# these two files changes.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
# Without cgo the binary is static, which scratch asks for. -trimpath keeps the
# builder's folders out of it, -s -w the tables of a debugger. With grpcnotrace a
# library that tracing brings along calls no method by name, so that the linker
# can leave out what is never called: a quarter of the binary.
# The folder is made here because scratch has no mkdir.
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -tags=grpcnotrace -o /out/zapembed ./cmd/server \
    && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/emulator ./cmd/emulator \
    && mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/zapembed /out/emulator /

# The one folder the user may write, and all the server writes to: a volume that
# is mounted here gets this owner when it is first used. As the working folder
# it is also where the default STORE_URL leads.
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data

# A number and not a name: scratch has no list of users, and Kubernetes'
# runAsNonRoot believes numbers only.
USER 65532:65532

# In a container nobody else reaches the loopback address, which the program
# listens on by default. Port 9090 has /livez, /readyz and /metrics: it is for
# the network that the container is in, and not to be published.
ENV LISTEN_ADDR=0.0.0.0:8080 \
    ADMIN_ADDR=0.0.0.0:9090
EXPOSE 8080 9090

# The binary asks itself, since there is no curl.
HEALTHCHECK --interval=5s --timeout=4s --start-period=10s \
    CMD ["/zapembed", "health"]

ENTRYPOINT ["/zapembed"]

# Temporal server, its SQL tool and Web UI, from the modules that tools/stack pins.
FROM golang:1.26-bookworm AS build
ENV CGO_ENABLED=0 GOFLAGS=-buildvcs=false
COPY tools/stack/go /go/stack
RUN cd /go/stack/temporal && go build -ldflags '-s -w' -o /out/temporal-server go.temporal.io/server/cmd/server \
 && go build -ldflags '-s -w' -o /out/temporal-sql go.temporal.io/server/cmd/tools/sql
RUN cd /go/stack/ui && go build -ldflags '-s -w' -o /out/temporal-ui github.com/temporalio/ui-server/v2/cmd/server

FROM debian:bookworm-slim
COPY --from=build /out /usr/local/bin
COPY infra/temporal /etc/holdfast/temporal
COPY infra/temporal-ui /etc/holdfast/temporal-ui
COPY docker/temporal-entry.sh /usr/local/bin/temporal-entry
RUN useradd --system --create-home temporal
USER temporal
ENTRYPOINT ["temporal-entry"]
CMD ["server"]

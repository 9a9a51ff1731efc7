package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"huiying"
)

// tracing tells an OpenTelemetry collector what became of each post: when it was
// collected, assessed, archived, shown and gathered, in whatever process. The trace
// is named by the post (see [traceOf]), so processes need not tell each other, and
// whoever knows a post finds its trace. A nil one tells nobody.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// The steps of a post, one span each.
const (
	stepCollect = "collect" // checked, and durable on the bus
	stepAssess  = "assess"
	stepArchive = "archive"
	stepLive    = "live"   // on its way to the open screens
	stepGather  = "gather" // in its event; with the case, when there is one
)

// newTracing is off unless OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) names
// a collector (OTLP over HTTP); the other variables of the OTLP exporter count, too.
// OTEL_TRACES_SAMPLER_ARG is the share of posts that are told of, 1 by default.
func newTracing(ctx context.Context, node string) (*tracing, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return nil, nil //nolint:nilnil // off
	}
	share := 1.0
	if text := os.Getenv("OTEL_TRACES_SAMPLER_ARG"); text != "" {
		var err error
		if share, err = strconv.ParseFloat(text, 64); err != nil || share < 0 || share > 1 {
			return nil, huiying.Invalid("OTEL_TRACES_SAMPLER_ARG", "应为 0 到 1 的小数，收到 %q", text)
		}
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("telling traces: %w", err)
	}
	p := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), // a full queue drops spans and holds nobody up
		sdktrace.WithSampler(sdktrace.TraceIDRatioBased(share)),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "huiying"), attribute.String("service.version", version), attribute.String("service.instance.id", node),
		)),
	)
	return &tracing{p, p.Tracer("huiying")}, nil
}

func (t *tracing) close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// traceOf names the trace of a post: the first half of the SHA-256 of its ID. The
// bytes after it name the span above all others, which nobody records.
func traceOf(id huiying.PostID) trace.SpanContext {
	sum := sha256.Sum256([]byte(id))
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID(sum[:16]), SpanID: trace.SpanID(sum[16:24]), TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

// step tells of one that posts went through together; of may say more of each.
func (t *tracing) step(name string, ids []huiying.PostID, began time.Time, err error, of func(huiying.PostID) []attribute.KeyValue) {
	if t == nil {
		return
	}
	ended := time.Now()
	for _, id := range ids {
		_, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), traceOf(id)), name, trace.WithTimestamp(began),
			trace.WithAttributes(attribute.String("huiying.post", string(id)), attribute.Int("huiying.batch", len(ids))))
		if of != nil {
			span.SetAttributes(of(id)...)
		}
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End(trace.WithTimestamp(ended))
	}
}

// gathered says which event, and which case, each post is in now.
func (s *system) gathered(ctx context.Context, ids []huiying.PostID) func(huiying.PostID) []attribute.KeyValue {
	if s.tracing == nil {
		return nil
	}
	events, err := s.ledger.Placed(ctx, ids)
	if err != nil {
		return nil // the span goes without
	}
	known := map[huiying.EventID][]attribute.KeyValue{}
	for _, event := range events {
		if _, ok := known[event]; ok {
			continue
		}
		known[event] = []attribute.KeyValue{attribute.String("huiying.event", string(event))}
		if c, found, err := s.ledger.CaseOfEvent(ctx, event); err == nil && found {
			known[event] = append(known[event], attribute.String("huiying.case", string(c.ID)), attribute.String("huiying.case_number", c.Number))
		}
	}
	return func(id huiying.PostID) []attribute.KeyValue { return known[events[id]] }
}

func idsOfPosts(posts []huiying.Post) []huiying.PostID {
	ids := make([]huiying.PostID, len(posts))
	for i, p := range posts {
		ids[i] = p.ID
	}
	return ids
}

func idsOfAssessed(batch []huiying.Assessed) []huiying.PostID {
	ids := make([]huiying.PostID, len(batch))
	for i, a := range batch {
		ids[i] = a.Post.ID
	}
	return ids
}

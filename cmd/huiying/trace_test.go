package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A collector of traces is told of every step of every post, in a trace that is
// named by the post; the last step says which case it led to.
func TestEachPostHasATraceFromTheCollectorToItsCase(t *testing.T) {
	var mu sync.Mutex
	steps := map[string][]string{} // trace → names of its spans
	cases := map[string]bool{}     // traces that led to a case
	otlp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var told collect.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(raw, &told) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, res := range told.GetResourceSpans() {
			for _, scope := range res.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					id := hex.EncodeToString(span.GetTraceId())
					steps[id] = append(steps[id], span.GetName())
					for _, a := range span.GetAttributes() {
						cases[id] = cases[id] || a.GetKey() == "huiying.case"
					}
				}
			}
		}
	}))
	defer otlp.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
	in := install(t)
	file := filepath.Join(in.dir, "letters.jsonl")
	ids := writeLetters(t, file, 60)
	if _, err := in.importFile(file); err != nil {
		t.Fatal(err)
	}
	want := []string{"archive", "assess", "collect", "gather", "live"}
	in.eventually("every post has its trace", time.Minute, func() error {
		mu.Lock()
		defer mu.Unlock()
		for id := range ids {
			sum := sha256.Sum256([]byte(id))
			got := slices.Sorted(slices.Values(steps[hex.EncodeToString(sum[:16])]))
			if !slices.Equal(got, want) {
				return fmt.Errorf("%s went through %v", id, got)
			}
		}
		return nil
	})
	mu.Lock()
	defer mu.Unlock()
	led := 0
	for _, yes := range cases {
		if yes {
			led++
		}
	}
	if led == 0 {
		t.Error("no trace leads to a case")
	}
}

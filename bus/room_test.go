package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"huiying"
)

// Servers set aside what streams may hold. Who starts again works with what was
// set aside before; who comes new is told what to do.
func TestServersWithoutRoomAreNamed(t *testing.T) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: 200 << 20, JetStreamMaxMemory: 256 << 20, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	open := func(region huiying.Region, bytes int64) error {
		b, err := Open(t.Context(), Config{URL: s.ClientURL(), Region: region, MaxBytes: bytes})
		if err != nil {
			return err
		}
		return b.Close(t.Context())
	}
	if err := open("141122", 50<<20); err != nil {
		t.Fatal(err)
	}
	if err := open("141122", 120<<20); err != nil { // more than there is room for
		t.Errorf("a region that has its streams: %v", err)
	}
	if err := open("141121", 120<<20); huiying.CodeOf(err) != huiying.CodeBusy || !strings.Contains(err.Error(), "max_file_store") {
		t.Errorf("a new region: %v", err)
	}
}

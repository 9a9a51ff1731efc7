package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
)

// office is the audience that sees everything; the others are units.
const office = "office"

// greeting tells the client program how to speak to this server.
type greeting struct {
	URL    string   `json:"url"`
	Office string   `json:"office"` // bearer tokens, one an audience
	Units  []string `json:"units"`
	First  string   `json:"first"` // what a client says first
	Ping   string   `json:"ping"`  // a message that is answered with itself
}

// live serves a channel an audience. It takes orders on stdin, one a line:
//
//	settle                    give memory back
//	publish HZ SECONDS DATA   a message to every audience, HZ times a second
//
// and answers each with a line. It ends with its stdin. Centrifuge is set up to
// be thrifty: pooled write buffers, small read buffers, commands off the read
// loop, no history, no presence.
func live() error {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		return err
	}
	node.OnConnecting(func(ctx context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		credentials, ok := centrifuge.GetCredentials(ctx)
		if !ok {
			return centrifuge.ConnectReply{}, centrifuge.DisconnectInvalidToken
		}
		return centrifuge.ConnectReply{Subscriptions: map[string]centrifuge.SubscribeOptions{credentials.UserID: {}}}, nil
	})
	if err := node.Run(); err != nil {
		return err
	}
	sockets := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		ReadBufferSize: 512, UseWriteBufferPool: true, ProcessCommandsOffReadLoop: true,
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if user == "" {
			http.Error(w, "no token", http.StatusUnauthorized)
			return
		}
		sockets.ServeHTTP(w, r.WithContext(centrifuge.SetCredentials(r.Context(), &centrifuge.Credentials{UserID: user})))
	})}
	go func() { _ = srv.Serve(listener) }()

	hello := greeting{URL: "ws://" + listener.Addr().String() + "/", Office: office, First: `{"id":1,"connect":{}}`, Ping: "{}"}
	for i := range 50 {
		hello.Units = append(hello.Units, fmt.Sprintf("u%02d", i))
	}
	say := json.NewEncoder(os.Stdout)
	if err := say.Encode(hello); err != nil {
		return err
	}
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		verb, rest, _ := strings.Cut(orders.Text(), " ")
		sent := 0
		switch verb {
		case "settle":
			debug.FreeOSMemory()
		case "publish":
			var hz, seconds int
			var data string
			if _, err := fmt.Sscan(rest, &hz, &seconds, &data); err != nil {
				return fmt.Errorf("%q: %w", orders.Text(), err)
			}
			if sent, err = publish(node, append(hello.Units, office), hz, seconds, data); err != nil {
				return err
			}
		default:
			return fmt.Errorf("no such order: %q", orders.Text())
		}
		if err := say.Encode(sent); err != nil {
			return err
		}
	}
	return orders.Err()
}

func publish(node *centrifuge.Node, audiences []string, hz, seconds int, data string) (int, error) {
	every := time.NewTicker(time.Second / time.Duration(hz))
	defer every.Stop()
	n := hz * seconds
	for i := range n {
		<-every.C
		message := fmt.Appendf(nil, `{"type":"case","seq":%d,"sent":%d,"data":%s}`, i+1, time.Now().UnixNano(), data)
		for _, a := range audiences {
			if _, err := node.Publish(a, message); err != nil {
				return i, err
			}
		}
	}
	return n, nil
}

// pubsub-fake serves Google's in-memory Pub/Sub fake (package pstest) on a loopback port, for tests and demos.
//
// It prints one line of JSON when it listens: {"pubsub": "127.0.0.1:PORT", "status": "127.0.0.1:PORT"}.
// The first address speaks Pub/Sub (gRPC); the second answers GET /messages with one object a published message,
// in the order of publishing: id, topic, deliveries and acks (summed over the subscriptions of the topic).
// It ends on SIGTERM and SIGINT, and with -with-parent also when its standard input closes, so that a test that
// is killed leaves no server behind.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"cloud.google.com/go/pubsub/v2/pstest"
)

type published struct {
	ID         string `json:"id"`
	Topic      string `json:"topic"`
	Deliveries int    `json:"deliveries"`
	Acks       int    `json:"acks"`
}

func main() {
	port := flag.Int("port", 0, "port of Pub/Sub on 127.0.0.1; 0 takes a free one")
	withParent := flag.Bool("with-parent", false, "end when standard input closes")
	flag.Parse()

	server := pstest.NewServerWithAddress(fmt.Sprintf("127.0.0.1:%d", *port))
	defer server.Close()

	var reading sync.Mutex // Messages refreshes counters that all its callers share
	http.HandleFunc("GET /messages", func(w http.ResponseWriter, _ *http.Request) {
		reading.Lock()
		defer reading.Unlock()
		found := []published{}
		for _, m := range server.Messages() {
			found = append(found, published{m.ID, m.Topic, m.Deliveries, m.Acks})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(found)
	})
	status, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		log.Fatal((&http.Server{ReadHeaderTimeout: 5 * time.Second}).Serve(status))
	}()

	ended := make(chan os.Signal, 2)
	signal.Notify(ended, syscall.SIGTERM, os.Interrupt)
	if *withParent {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			ended <- syscall.SIGTERM
		}()
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{"pubsub": server.Addr, "status": status.Addr().String()})
	<-ended
}

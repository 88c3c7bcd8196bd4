// gcs-fake serves Cloud Storage on a loopback port out of memory (fake-gcs-server, its package fakestorage), for tests.
//
// It prints one line of JSON when it listens: {"gcs": "http://localhost:PORT"}. It ends on SIGTERM and SIGINT, and with
// -with-parent also when its standard input closes, so that a test that is killed leaves no server behind.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// The parts of a batch from Google's Python client have no Content-ID, and fakestorage passes over such parts.
func named(next http.Handler) http.Handler {
	bare := []byte("Content-Type: application/http\n")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/batch/storage/v1" {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = bytes.ReplaceAll(body, bare, append([]byte("Content-ID: <part>\n"), bare...))
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
		}
		next.ServeHTTP(w, r)
	})
}

func main() {
	bucket := flag.String("bucket", "", "a bucket that is there from the start")
	withParent := flag.Bool("with-parent", false, "end when standard input closes")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	host := fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		NoListener:  true,
		Scheme:      "http",
		PublicHost:  host,
		ExternalURL: "http://" + host,
	})
	if err != nil {
		log.Fatal(err)
	}
	if *bucket != "" {
		server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: *bucket})
	}
	if *withParent {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{"gcs": "http://" + host})
	log.Fatal((&http.Server{Handler: named(server.HTTPHandler()), ReadHeaderTimeout: 5 * time.Second}).Serve(listener))
}

package blob

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"
)

// bucket keeps contents in a bucket of S3.
type bucket struct {
	client    minio.Core
	transport *http.Transport
	name      string
	// encryption is what the service does with what it stores; nil: what is set
	// for the bucket.
	encryption encrypt.ServerSide
}

// uploadPart is how much of a long content goes out with one request: the least
// that S3 takes. 10,000 of them are 48 GiB.
const uploadPart = 5 << 20

// openBucket opens the bucket that a URL names, and sees that it can be reached.
func openBucket(ctx context.Context, where string) (place, error) {
	u, err := url.Parse(where)
	if err != nil {
		return place{}, err
	}
	b, err := newBucket(u)
	if err != nil {
		return place{}, err
	}
	if err := b.reach(ctx); err != nil {
		return place{}, errors.Join(err, b.close())
	}
	return place{put: b.put, write: b.write, read: b.read, remove: b.remove, list: b.list, close: b.close}, nil
}

func newBucket(u *url.URL) (_ *bucket, err error) {
	endpoint := "https://s3.amazonaws.com" // the client finds the one of the region
	var region, profile, encryption, key string
	pathStyle := false
	for name, values := range u.Query() {
		switch value := values[0]; name {
		case "region":
			region = value
		case "endpoint":
			endpoint = value
		case "use_path_style":
			if pathStyle, err = strconv.ParseBool(value); err != nil {
				return nil, fmt.Errorf("use_path_style: %w", err)
			}
		case "profile":
			profile = value
		case "ssetype":
			encryption = value
		case "kmskeyid":
			key = value
		default:
			return nil, fmt.Errorf("there is no parameter %q", name)
		}
	}
	b := &bucket{name: u.Host}
	if b.encryption, err = encryptionOf(encryption, key); err != nil {
		return nil, err
	}
	secure := !strings.HasPrefix(endpoint, "http://")
	if b.transport, err = minio.DefaultTransport(secure); err != nil {
		return nil, err
	}
	region = cmp.Or(region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")) // or the client asks for it
	b.client.Client, err = minio.New(endpoint, &minio.Options{
		Creds: credentialsOf(profile, region), Secure: secure, Transport: b.transport, Region: region,
		BucketLookupViaURL: func(endpoint url.URL, bucket string) minio.BucketLookupType {
			// No certificate is good for a bucket with a dot in its name.
			if pathStyle || endpoint.Scheme == "https" && strings.Contains(bucket, ".") {
				return minio.BucketLookupPath
			}
			return minio.BucketLookupDNS
		},
	})
	if err != nil {
		return nil, err
	}
	b.client.SetS3EnableDualstack(false)
	return b, nil
}

// credentialsOf are those of a profile, or without one the first of where programs for
// AWS look for them.
func credentialsOf(profile, region string) *credentials.Credentials {
	file := &credentials.FileAWSCredentials{Profile: profile}
	if profile != "" {
		return credentials.New(file)
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, file, &credentials.IAM{Region: region},
	})
}

func encryptionOf(kind, key string) (encrypt.ServerSide, error) {
	switch strings.ToLower(kind) {
	case "aws:kms":
		return encrypt.NewSSEKMS(key, nil)
	case "aes256":
		if key == "" {
			return encrypt.NewSSE(), nil
		}
	case "":
		if key == "" {
			return nil, nil
		}
	default:
		return nil, fmt.Errorf("there is no ssetype %q", kind)
	}
	return nil, errors.New("kmskeyid goes with ssetype=aws:kms only")
}

func (b *bucket) reach(ctx context.Context) error {
	found, err := b.client.GetCreds()
	if err == nil && found.SignerType.IsAnonymous() {
		err = errors.New("there are no credentials: neither in the environment nor in a profile, and no role")
	}
	if err != nil {
		return err
	}
	reached, err := b.client.BucketExists(ctx, b.name)
	if err == nil && !reached {
		err = errors.New("there is no such bucket")
	}
	return err
}

func (b *bucket) put(ctx context.Context, key string, content []byte) error {
	return b.send(ctx, key, bytes.NewReader(content), int64(len(content)))
}

// send sends a content, in one request where its size is known. Each request has
// a checksum in its signed headers, which the service compares.
func (b *bucket) send(ctx context.Context, key string, content io.Reader, size int64) error {
	_, err := b.client.Client.PutObject(ctx, b.name, key, content, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", ServerSideEncryption: b.encryption, SendContentMd5: true,
		DisableContentSha256: true, DisableMultipart: size >= 0, PartSize: uploadPart,
	})
	return err
}

func (b *bucket) write(ctx context.Context, key string, fn func(io.Writer) error) error {
	r, w := io.Pipe()
	sent := make(chan error, 1)
	go func() {
		err := b.sendAll(ctx, key, r)
		_ = r.CloseWithError(err) // is never refused
		sent <- err
	}()
	err := fn(w)
	_ = w.CloseWithError(err) // is never refused
	return cmp.Or(err, <-sent)
}

// sendAll sends what a reader has, a short content in one request. Where the
// reader fails, nothing is kept.
func (b *bucket) sendAll(ctx context.Context, key string, r io.Reader) error {
	content := bufio.NewReaderSize(r, uploadPart)
	switch all, err := content.Peek(uploadPart); err {
	case nil:
		return b.send(ctx, key, content, -1)
	case io.EOF:
		return b.put(ctx, key, all)
	default:
		return err
	}
}

func (b *bucket) read(ctx context.Context, key string) (io.ReadCloser, error) {
	r, _, _, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, ErrNone
	}
	return r, err
}

func (b *bucket) remove(ctx context.Context, key string) error {
	return b.client.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{})
}

func (b *bucket) list(ctx context.Context) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Recursive: true}) {
			if !yield(kept{key: o.Key, at: o.LastModified}, o.Err) {
				return
			}
		}
		if err := ctx.Err(); err != nil { // which ends the list
			yield(kept{}, err)
		}
	}
}

func (b *bucket) close() error {
	b.transport.CloseIdleConnections()
	return nil
}

// Calls every route that the program uses, with DigitalOcean's own client, and checks the answers.
// Environment: DIGITALOCEAN_API_URL and DIGITALOCEAN_TOKEN. The first surprise ends it with status 1.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/digitalocean/godo"
)

var (
	ctx    = context.Background()
	client *godo.Client
	calls  int
)

func main() {
	var err error
	client, err = godo.New(nil, godo.SetBaseURL(os.Getenv("DIGITALOCEAN_API_URL")+"/"),
		godo.SetRequestHeaders(map[string]string{"Authorization": "Bearer " + os.Getenv("DIGITALOCEAN_TOKEN")}))
	check(err == nil, "%v", err)
	for _, part := range []struct {
		name string
		run  func()
	}{
		{"account", account}, {"registry", registry}, {"clusters", clusters}, {"databases", databases},
		{"domains", domains}, {"edge", edge}, {"monitoring", monitoring}, {"projects", projects}, {"errors", failures},
	} {
		before := calls
		part.run()
		fmt.Printf("%s: %d calls\n", part.name, calls-before)
	}
}

// check ends the program where an answer is not as expected.
func check(fine bool, text string, arguments ...any) {
	if !fine {
		fmt.Fprintf(os.Stderr, text+"\n", arguments...)
		os.Exit(1)
	}
}

// get is the value of a call that must succeed.
func get[T any](value T, response *godo.Response, err error) T {
	done(response, err)
	return value
}

// done checks a call without a value.
func done(_ *godo.Response, err error) {
	calls++
	check(err == nil, "%v", err)
}

// refused checks that a call fails with a status, in DigitalOcean's form.
func refused(status int, response *godo.Response, err error) {
	calls++
	failure, is := err.(*godo.ErrorResponse)
	check(is && response.StatusCode == status, "expected %d: %v", status, err)
	check(failure.Message != "" && failure.RequestID != "", "no message or request id: %v", err)
}

// wait looks until something is so.
func wait(what string, reached func() bool) {
	for range 200 {
		if reached() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	check(false, "%s: waited in vain", what)
}

func account() {
	held := get(client.Account.Get(ctx))
	check(held.DropletLimit > 0 && held.Status == "active", "account %v", held)
	all := &godo.ListOptions{Page: 1, PerPage: 200}
	check(len(get(client.Regions.List(ctx, all))) > 5, "too few regions")
	for _, size := range get(client.Sizes.List(ctx, all)) {
		check(size.PriceMonthly > 0 && size.Memory > 0, "size %v", size)
	}
}

func projects() {
	project := get(client.Projects.Create(ctx, &godo.CreateProjectRequest{Name: "p", Purpose: "Web Application", Environment: "Staging"}))
	name := "renamed"
	get(client.Projects.Update(ctx, project.ID, &godo.UpdateProjectRequest{Name: name, Description: "x", Purpose: "y", Environment: "Production", IsDefault: false}))
	assigned := get(client.Projects.AssignResources(ctx, project.ID, "do:domain:a.example"))
	check(len(assigned) == 1 && assigned[0].URN == "do:domain:a.example", "assigned %v", assigned)
	check(len(get(client.Projects.ListResources(ctx, project.ID, nil))) == 1, "resources are not listed")
	response, err := client.Projects.Delete(ctx, project.ID)
	refused(412, response, err)
	get(client.Projects.AssignResources(ctx, get(client.Projects.GetDefault(ctx)).ID, "do:domain:a.example"))
	done(client.Projects.Delete(ctx, project.ID))
}

func failures() {
	_, response, err := client.VPCs.Get(ctx, "00000000-0000-4000-8000-000000000000")
	refused(404, response, err)
	_, response, err = client.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "v", RegionSlug: "moon1"})
	refused(422, response, err)
	stranger, _ := godo.New(nil, godo.SetBaseURL(client.BaseURL.String()),
		godo.SetRequestHeaders(map[string]string{"Authorization": "Bearer dop_v1_stranger"}))
	_, response, err = stranger.Account.Get(ctx)
	refused(401, response, err)
	check(response.Rate.Limit == 0, "a stranger has no rate")
	_, response, err = client.Account.Get(ctx)
	done(response, err)
	check(response.Rate.Limit > 0 && response.Rate.Remaining > 0, "rate %v", response.Rate)
}

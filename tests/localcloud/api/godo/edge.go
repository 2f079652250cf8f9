package main

import "github.com/digitalocean/godo"

func domains() {
	domain := get(client.Domains.Create(ctx, &godo.DomainCreateRequest{Name: "a.example"}))
	get(client.Domains.Get(ctx, domain.Name))
	record := get(client.Domains.CreateRecord(ctx, domain.Name, &godo.DomainRecordEditRequest{Type: "A", Name: "*", Data: "192.0.2.7", TTL: 300}))
	get(client.Domains.CreateRecord(ctx, domain.Name, &godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "letsencrypt.org.", Tag: "issue"}))
	get(client.Domains.CreateRecord(ctx, domain.Name, &godo.DomainRecordEditRequest{Type: "MX", Name: "@", Data: "mail.a.example.", Priority: 10}))
	get(client.Domains.EditRecord(ctx, domain.Name, record.ID, &godo.DomainRecordEditRequest{Name: "*", Data: "192.0.2.8", TTL: 600}))
	held := get(client.Domains.Record(ctx, domain.Name, record.ID))
	check(held.Data == "192.0.2.8" && held.TTL == 600, "record %v", held)
	check(len(get(client.Domains.RecordsByTypeAndName(ctx, domain.Name, "A", "*.a.example", nil))) == 1, "record not found")
	check(len(get(client.Domains.Records(ctx, domain.Name, nil))) == 7, "records")
	done(client.Domains.DeleteRecord(ctx, domain.Name, record.ID))
	get(client.Domains.List(ctx, nil))
}

// edge is a load balancer with a certificate of Let's Encrypt.
func edge() {
	certificate := get(client.Certificates.Create(ctx, &godo.CertificateRequest{
		Name: "edge", Type: "lets_encrypt", DNSNames: []string{"a.example", "*.a.example"},
	}))
	check(certificate.State == "pending", "state %s", certificate.State)
	wait("certificate", func() bool { return get(client.Certificates.Get(ctx, certificate.ID)).State == "verified" })
	named := get(client.Certificates.ListByName(ctx, "edge", nil))
	check(len(named) == 1 && named[0].ID == certificate.ID, "certificates %v", named)
	foreign := get(client.Certificates.Create(ctx, &godo.CertificateRequest{Name: "foreign", Type: "lets_encrypt", DNSNames: []string{"b.example"}}))
	wait("foreign certificate", func() bool { return get(client.Certificates.Get(ctx, foreign.ID)).State == "error" })
	done(client.Certificates.Delete(ctx, foreign.ID))

	vpc := get(client.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "edge", RegionSlug: "fra1"}))
	quiet, seconds := true, uint64(60)
	request := &godo.LoadBalancerRequest{
		Name: "lb", Region: "fra1", SizeUnit: 1, Type: "REGIONAL", VPCUUID: vpc.ID, Tags: []string{"k8s:x"},
		ForwardingRules: []godo.ForwardingRule{
			{EntryProtocol: "http", EntryPort: 80, TargetProtocol: "http", TargetPort: 30080},
			{EntryProtocol: "https", EntryPort: 443, TargetProtocol: "http", TargetPort: 30443, CertificateID: certificate.ID},
		},
		HealthCheck:         &godo.HealthCheck{Protocol: "http", Port: 10256, Path: "/healthz", CheckIntervalSeconds: 3},
		StickySessions:      &godo.StickySessions{Type: "none"},
		RedirectHttpToHttps: true, DisableLetsEncryptDNSRecords: &quiet, HTTPIdleTimeoutSeconds: &seconds,
	}
	balancer := get(client.LoadBalancers.Create(ctx, request))
	check(balancer.Status == "new", "status %s", balancer.Status)
	wait("load balancer", func() bool {
		balancer = get(client.LoadBalancers.Get(ctx, balancer.ID))
		return balancer.Status == "active" && balancer.IP != ""
	})
	check(balancer.ForwardingRules[1].CertificateID == certificate.ID, "rules %v", balancer.ForwardingRules)
	check(balancer.Region.Slug == "fra1" && balancer.VPCUUID == vpc.ID, "load balancer %v", balancer)
	response, err := client.Certificates.Delete(ctx, certificate.ID)
	refused(403, response, err)
	request.EnableProxyProtocol = true
	check(get(client.LoadBalancers.Update(ctx, balancer.ID, request)).EnableProxyProtocol, "no update")
	more := godo.ForwardingRule{EntryProtocol: "tcp", EntryPort: 5432, TargetProtocol: "tcp", TargetPort: 30432}
	done(client.LoadBalancers.AddForwardingRules(ctx, balancer.ID, more))
	done(client.LoadBalancers.RemoveForwardingRules(ctx, balancer.ID, more))
	check(len(get(client.LoadBalancers.Get(ctx, balancer.ID)).ForwardingRules) == 2, "rules")
	response, err = client.LoadBalancers.AddDroplets(ctx, balancer.ID, 1)
	refused(422, response, err)
	get(client.LoadBalancers.ListByNames(ctx, []string{"lb"}, nil))
	done(client.LoadBalancers.Delete(ctx, balancer.ID))
	done(client.Certificates.Delete(ctx, certificate.ID))
	done(client.Domains.Delete(ctx, "a.example"))
}

func monitoring() {
	check1 := get(client.UptimeChecks.Create(ctx, &godo.CreateUptimeCheckRequest{
		Name: "u", Type: "https", Target: "https://a.example", Regions: []string{"eu_west"}, Enabled: true,
	}))
	get(client.UptimeChecks.Update(ctx, check1.ID, &godo.UpdateUptimeCheckRequest{
		Name: "u2", Type: "https", Target: "https://a.example", Regions: []string{"eu_west", "us_east"}, Enabled: true,
	}))
	get(client.UptimeChecks.GetState(ctx, check1.ID))
	receivers := &godo.Notifications{Email: []string{"a@b.c"}, Slack: []godo.SlackDetails{{Channel: "#c", URL: "https://hooks.slack.com/x"}}}
	// A check that is down has neither threshold nor comparison; godo sends both.
	alert := get(client.UptimeChecks.CreateAlert(ctx, check1.ID, &godo.CreateUptimeAlertRequest{
		Name: "down", Type: "down_global", Period: "2m", Notifications: receivers,
	}))
	get(client.UptimeChecks.UpdateAlert(ctx, check1.ID, alert.ID, &godo.UpdateUptimeAlertRequest{
		Name: "slow", Type: "latency", Threshold: 1000, Comparison: godo.UptimeAlertGreaterThan, Period: "5m", Notifications: receivers,
	}))
	check(get(client.UptimeChecks.GetAlert(ctx, check1.ID, alert.ID)).Threshold == 1000, "alert")
	done(client.UptimeChecks.DeleteAlert(ctx, check1.ID, alert.ID))
	done(client.UptimeChecks.Delete(ctx, check1.ID))

	on := true
	for _, kind := range []string{"v1/insights/droplet/cpu", "v1/insights/lbaas/droplet_health", "v1/dbaas/alerts/cpu_alerts"} {
		policy := get(client.Monitoring.CreateAlertPolicy(ctx, &godo.AlertPolicyCreateRequest{
			Type: kind, Description: "x", Compare: godo.GreaterThan, Value: 80, Window: "5m", Entities: []string{}, Tags: []string{"t"},
			Alerts: godo.Alerts{Email: []string{"a@b.c"}, Slack: []godo.SlackDetails{}}, Enabled: &on,
		}))
		get(client.Monitoring.UpdateAlertPolicy(ctx, policy.UUID, &godo.AlertPolicyUpdateRequest{
			Type: kind, Description: "y", Compare: godo.LessThan, Value: 20.5, Window: "1h", Entities: []string{}, Tags: []string{"t"},
			Alerts: godo.Alerts{Email: []string{"a@b.c"}, Slack: []godo.SlackDetails{}}, Enabled: &on,
		}))
		check(get(client.Monitoring.GetAlertPolicy(ctx, policy.UUID)).Value == 20.5, "policy")
		done(client.Monitoring.DeleteAlertPolicy(ctx, policy.UUID))
	}
}

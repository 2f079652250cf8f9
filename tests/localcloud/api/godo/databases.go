package main

import "github.com/digitalocean/godo"

func databases() {
	get(client.Databases.ListOptions(ctx))
	database := get(client.Databases.Create(ctx, &godo.DatabaseCreateRequest{
		Name: "d", EngineSlug: "pg", Version: "17", SizeSlug: "db-s-1vcpu-1gb", Region: "fra1", NumNodes: 1, Tags: []string{"t"},
		Rules: []*godo.DatabaseCreateFirewallRule{{Type: "ip_addr", Value: "10.0.0.0/8"}},
	}))
	check(database.Status == "creating", "status %s", database.Status)
	online := func() bool { return get(client.Databases.Get(ctx, database.ID)).Status == "online" }
	wait("database", online)
	check(database.Connection.URI != "" && database.Connection.SSL && database.PrivateConnection.Host != "", "connection")
	rules := get(client.Databases.GetFirewallRules(ctx, database.ID))
	check(len(rules) == 1 && rules[0].UUID != "", "rules %v", rules)
	done(client.Databases.UpdateFirewallRules(ctx, database.ID, &godo.DatabaseUpdateFirewallRulesRequest{Rules: []*godo.DatabaseFirewallRule{}}))
	done(client.Databases.UpdateMaintenance(ctx, database.ID, &godo.DatabaseUpdateMaintenanceRequest{Day: "sunday", Hour: "04:00"}))
	user := get(client.Databases.CreateUser(ctx, database.ID, &godo.DatabaseCreateUserRequest{Name: "app"}))
	reset := get(client.Databases.ResetUserAuth(ctx, database.ID, "app", &godo.DatabaseResetUserAuthRequest{}))
	check(user.Password != "" && reset.Password != user.Password, "the password stays")
	get(client.Databases.CreateDB(ctx, database.ID, &godo.DatabaseCreateDBRequest{Name: "todo"}))
	pool := get(client.Databases.CreatePool(ctx, database.ID, &godo.DatabaseCreatePoolRequest{Name: "app-pool", Mode: "transaction", Size: 5, Database: "todo", User: "app"}))
	check(pool.Connection.Password == reset.Password && pool.Connection.Database == "app-pool", "pool %v", pool.Connection)
	done(client.Databases.UpdatePool(ctx, database.ID, "app-pool", &godo.DatabaseUpdatePoolRequest{Mode: "session", Size: 6, Database: "todo", User: "app"}))
	check(get(client.Databases.GetPool(ctx, database.ID, "app-pool")).Size == 6, "pool's size")
	_, response, err := client.Databases.CreatePool(ctx, database.ID, &godo.DatabaseCreatePoolRequest{Name: "big", Mode: "session", Size: 17, Database: "todo", User: "app"})
	refused(422, response, err)
	done(client.Databases.DeletePool(ctx, database.ID, "app-pool"))
	get(client.Databases.ListUsers(ctx, database.ID, nil))
	get(client.Databases.ListDBs(ctx, database.ID, nil))
	done(client.Databases.DeleteDB(ctx, database.ID, "todo"))
	done(client.Databases.DeleteUser(ctx, database.ID, "app"))
	check(len(get(client.Databases.GetCA(ctx, database.ID)).Certificate) > 0, "no authority")
	get(client.Databases.ListBackups(ctx, database.ID, nil))
	get(client.Databases.GetPostgreSQLConfig(ctx, database.ID))
	done(client.Databases.Resize(ctx, database.ID, &godo.DatabaseResizeRequest{SizeSlug: "db-s-2vcpu-4gb", NumNodes: 2}))
	check(!online(), "no resize")
	wait("resize", online)
	done(client.Databases.UpgradeMajorVersion(ctx, database.ID, &godo.UpgradeVersionRequest{Version: "18"}))
	wait("upgrade", online)
	done(client.Databases.Delete(ctx, database.ID))
	_, response, err = client.Databases.Get(ctx, database.ID)
	refused(404, response, err)

	cache := get(client.Databases.Create(ctx, &godo.DatabaseCreateRequest{
		Name: "cache", EngineSlug: "valkey", Version: "8", SizeSlug: "db-s-1vcpu-1gb", Region: "fra1", NumNodes: 1,
	}))
	done(client.Databases.SetEvictionPolicy(ctx, cache.ID, godo.EvictionPolicyAllKeysLRU))
	check(get(client.Databases.GetEvictionPolicy(ctx, cache.ID)) == godo.EvictionPolicyAllKeysLRU, "eviction policy")
	done(client.Databases.Delete(ctx, cache.ID))
}

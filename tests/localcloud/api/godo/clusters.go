package main

import "github.com/digitalocean/godo"

// registry of the account, with what it holds.
func registry() {
	_, response, err := client.Registries.Get(ctx, "acme")
	refused(404, response, err)
	_, response, err = client.Registries.DockerCredentials(ctx, "acme", &godo.RegistryDockerCredentialsRequest{})
	refused(404, response, err)
	done(client.Registry.ValidateName(ctx, &godo.RegistryValidateNameRequest{Name: "acme"}))
	made := get(client.Registry.Create(ctx, &godo.RegistryCreateRequest{Name: "acme", SubscriptionTierSlug: "basic", Region: "fra1"}))
	check(made.Name == "acme" && made.Region == "fra1", "registry %v", made)
	_, response, err = client.Registry.Create(ctx, &godo.RegistryCreateRequest{Name: "other", SubscriptionTierSlug: "basic"})
	refused(422, response, err)
	get(client.Registries.Get(ctx, "acme"))
	check(get(client.Registry.GetSubscription(ctx)).Tier.Slug == "basic", "another tier")
	get(client.Registry.UpdateSubscription(ctx, &godo.RegistrySubscriptionUpdateRequest{TierSlug: "basic"}))
	get(client.Registry.GetOptions(ctx))
	seconds := 3600
	login := get(client.Registries.DockerCredentials(ctx, "acme", &godo.RegistryDockerCredentialsRequest{ReadWrite: true, ExpirySeconds: &seconds}))
	check(len(login.DockerConfigJSON) > 20, "no login")
	get(client.Registry.StartGarbageCollection(ctx, "acme", &godo.StartGarbageCollectionRequest{Type: godo.GCTypeUnreferencedBlobsOnly}))
	wait("garbage collection", func() bool {
		return get(client.Registry.ListGarbageCollections(ctx, "acme", nil))[0].Status == "succeeded"
	})
	_, response, err = client.Registry.GetGarbageCollection(ctx, "acme")
	refused(404, response, err)
}

func clusters() {
	vpc := get(client.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "v", RegionSlug: "fra1", IPRange: "10.100.0.0/20"}))
	get(client.VPCs.Update(ctx, vpc.ID, &godo.VPCUpdateRequest{Name: "v2", Description: "d"}))
	options := get(client.Kubernetes.GetOptions(ctx))
	check(len(options.Versions) > 1 && len(options.Sizes) > 5, "options %v", options)
	cluster := get(client.Kubernetes.Create(ctx, &godo.KubernetesClusterCreateRequest{
		Name: "c", RegionSlug: "fra1", VersionSlug: "1.34", VPCUUID: vpc.ID, Tags: []string{"t"},
		ClusterSubnet: "10.101.0.0/16", ServiceSubnet: "10.102.0.0/19", AutoUpgrade: true, SurgeUpgrade: true,
		MaintenancePolicy: &godo.KubernetesMaintenancePolicy{StartTime: "04:00", Day: godo.KubernetesMaintenanceDaySunday},
		NodePools: []*godo.KubernetesNodePoolCreateRequest{{
			Name: "own", Size: "s-2vcpu-4gb", AutoScale: true, MinNodes: 1, MaxNodes: 3, Tags: []string{"terraform:default-node-pool"},
			Taints: []godo.Taint{{Key: "k", Value: "v", Effect: "NoSchedule"}}, Labels: map[string]string{"a": "b"},
		}},
	}))
	check(cluster.Status.State == godo.KubernetesClusterStatusProvisioning, "state %v", cluster.Status)
	wait("cluster", func() bool {
		cluster = get(client.Kubernetes.Get(ctx, cluster.ID))
		return cluster.Status.State == godo.KubernetesClusterStatusRunning
	})
	check(cluster.VersionSlug == "1.34.4-do.0", "version %s", cluster.VersionSlug)
	check(cluster.NodePools[0].Taints[0].Key == "k", "taints %v", cluster.NodePools[0].Taints)
	pools(cluster)
	get(client.Kubernetes.GetCredentials(ctx, cluster.ID, &godo.KubernetesClusterCredentialsGetRequest{}))
	get(client.Kubernetes.GetKubeConfig(ctx, cluster.ID, nil))
	// As the official provider updates it: with objects full of nulls.
	on := true
	get(client.Kubernetes.Update(ctx, cluster.ID, &godo.KubernetesClusterUpdateRequest{
		Name: "c", AutoUpgrade: &on, ControlPlaneFirewall: &godo.KubernetesControlPlaneFirewall{},
		ClusterAutoscalerConfiguration: &godo.KubernetesClusterAutoscalerConfiguration{}, RoutingAgent: &godo.KubernetesRoutingAgent{},
		RdmaSharedDevicePlugin: &godo.KubernetesRdmaSharedDevicePlugin{}, SSO: &godo.KubernetesClusterSSO{},
	}))
	done(client.Kubernetes.AddRegistry(ctx, &godo.KubernetesClusterRegistryRequest{ClusterUUIDs: []string{cluster.ID}}))
	done(client.Kubernetes.RemoveRegistry(ctx, &godo.KubernetesClusterRegistryRequest{ClusterUUIDs: []string{cluster.ID}}))
	newer := get(client.Kubernetes.GetUpgrades(ctx, cluster.ID))
	check(len(newer) == 1 && newer[0].Slug == "1.35.1-do.0", "upgrades %v", newer)
	done(client.Kubernetes.Upgrade(ctx, cluster.ID, &godo.KubernetesClusterUpgradeRequest{VersionSlug: newer[0].Slug}))
	check(get(client.Kubernetes.Get(ctx, cluster.ID)).Status.State == godo.KubernetesClusterStatusUpgrading, "no upgrade")
	wait("upgrade", func() bool {
		return get(client.Kubernetes.Get(ctx, cluster.ID)).Status.State == godo.KubernetesClusterStatusRunning
	})
	check(len(get(client.Kubernetes.List(ctx, nil))) == 1, "clusters are not listed")
	response, err := client.VPCs.Delete(ctx, vpc.ID)
	refused(409, response, err)
	check(len(get(client.VPCs.ListMembers(ctx, vpc.ID, nil, nil))) > 0, "no members")
	get(client.Kubernetes.ListAssociatedResourcesForDeletion(ctx, cluster.ID))
	done(client.Kubernetes.DeleteDangerous(ctx, cluster.ID))
	wait("VPC", func() bool {
		calls++
		_, err := client.VPCs.Delete(ctx, vpc.ID)
		return err == nil
	})
	check(len(get(client.Droplets.List(ctx, nil))) == 0, "droplets are left")
}

func pools(cluster *godo.KubernetesCluster) {
	pool := get(client.Kubernetes.CreateNodePool(ctx, cluster.ID, &godo.KubernetesNodePoolCreateRequest{Name: "q", Size: "s-2vcpu-4gb", Count: 1}))
	count, never := 2, false
	get(client.Kubernetes.UpdateNodePool(ctx, cluster.ID, pool.ID, &godo.KubernetesNodePoolUpdateRequest{Name: "q", Count: &count, AutoScale: &never}))
	running := func(wanted int) func() bool {
		return func() bool {
			nodes := get(client.Kubernetes.GetNodePool(ctx, cluster.ID, pool.ID)).Nodes
			for _, node := range nodes {
				if node.Status.State != "running" {
					return false
				}
			}
			return len(nodes) == wanted
		}
	}
	wait("two nodes", running(2))
	node := get(client.Kubernetes.GetNodePool(ctx, cluster.ID, pool.ID)).Nodes[0]
	droplets := get(client.Droplets.ListByTag(ctx, "k8s:"+cluster.ID, nil))
	check(len(droplets) == 3, "droplets %d", len(droplets))
	get(client.Droplets.Get(ctx, droplets[0].ID))
	done(client.Kubernetes.DeleteNode(ctx, cluster.ID, pool.ID, node.ID, &godo.KubernetesNodeDeleteRequest{Replace: true}))
	wait("another node", running(2))
	check(len(get(client.Kubernetes.ListNodePools(ctx, cluster.ID, nil))) == 2, "pools are not listed")
	done(client.Kubernetes.DeleteNodePool(ctx, cluster.ID, pool.ID))
	_, response, err := client.Kubernetes.GetNodePool(ctx, cluster.ID, pool.ID)
	refused(404, response, err)
}

"""What runs unattended: jobs, servers, senders."""

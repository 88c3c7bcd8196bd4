output "bucket" {
  description = "Bucket of output, index, templates and temporary files."
  value       = google_storage_bucket.warraq.name
}

output "repository" {
  description = "Repository that the image is pushed to."
  value       = google_artifact_registry_repository.images.id
}

output "topic" {
  description = "Topic that articles are published to (`warraq poll --to pubsub:...`)."
  value       = google_pubsub_topic.articles.id
}

output "subscription" {
  description = "Subscription that the stream reads."
  value       = google_pubsub_subscription.articles.id
}

output "worker_service_account" {
  description = "What workers run as (--service_account_email)."
  value       = google_service_account.worker.email
}

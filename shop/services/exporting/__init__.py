"""The whole public record as files that check themselves."""

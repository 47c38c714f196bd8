package dev.unlearn.training;

import dev.unlearn.api.Outcome;

/** How the epoch loop ended, and why. */
record Ending(Outcome outcome, String reason) {}

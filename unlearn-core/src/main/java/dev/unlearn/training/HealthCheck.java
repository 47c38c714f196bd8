package dev.unlearn.training;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Health;
import dev.unlearn.api.HealthBound;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.CausalLm;

/** Loss and memorization accuracy on unseen text, before the run and after it. */
final class HealthCheck {
  private final CausalLm model;
  private final Corpus unseen;
  private final HealthBound bound;
  private final double lossBefore;
  private final double maBefore;

  /** Measures the state before. */
  HealthCheck(CausalLm model, Corpus unseen, HealthBound bound) {
    this.model = model;
    this.unseen = unseen;
    this.bound = bound;
    Measurements now = new Measurements(model, unused -> {});
    lossBefore = now.measure(TokenLoss.of(), unseen).value();
    maBefore = now.measure(MemorizationAccuracy.of(), unseen).value();
  }

  /** Measures the state now. */
  Health after() {
    Measurements now = new Measurements(model, unused -> {});
    return Health.builder()
        .lossBefore(lossBefore)
        .lossAfter(now.measure(TokenLoss.of(), unseen).value())
        .maBefore(maBefore)
        .maAfter(now.measure(MemorizationAccuracy.of(), unseen).value())
        .bound(bound)
        .build();
  }
}

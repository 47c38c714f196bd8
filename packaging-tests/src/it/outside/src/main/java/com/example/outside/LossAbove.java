package com.example.outside;

import dev.unlearn.api.Decision;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;

/**
 * Forgotten once the loss of every sequence is above a limit.
 *
 * @param limit in nats per token
 */
record LossAbove(double limit) implements StoppingCriterion {
  @Override
  public Decision evaluate(EpochProgress progress) {
    List<Double> losses = progress.measure(TokenLoss.of()).perSequence();
    return losses.stream().allMatch(loss -> loss > limit)
        ? Decision.forgotten("every loss is above " + limit)
        : Decision.proceed();
  }

  @Override
  public List<Metric> metrics() {
    return List.of(TokenLoss.of());
  }

  @Override
  public String description() {
    return "loss-above(" + limit + ")";
  }
}

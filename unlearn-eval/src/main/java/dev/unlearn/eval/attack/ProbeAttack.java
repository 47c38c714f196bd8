package dev.unlearn.eval.attack;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.eval.audit.AttackResult;
import java.util.List;

/** {@link Attack#of}. */
record ProbeAttack(
    String key,
    String title,
    String description,
    String metric,
    List<Strength> strengths,
    Probe probe)
    implements Attack {

  ProbeAttack {
    requireNonNull(key, "key");
    requireNonNull(title, "title");
    requireNonNull(description, "description");
    requireNonNull(metric, "metric");
    requireNonNull(probe, "probe");
    checkArgument(!strengths.isEmpty(), "an attack must have at least one strength, but had none");
  }

  @Override
  public AttackResult run(AttackContext context) {
    return context.measure(this, metric, strengths, probe).build();
  }

  @Override
  public String toString() {
    return key;
  }
}

package dev.unlearn.eval.report;

import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Health;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.audit.Audit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The run of an audit in plain words: what was asked and what came of it. */
final class RunStatements {
  private static final int MOST_NAMED = 8;

  private final Audit audit;

  RunStatements(Audit audit) {
    this.audit = audit;
  }

  /** Returns what the run was asked to do. */
  String asked() {
    int sequences = audit.sequenceNames().size();
    String forget = audit.run().isPresent() ? "Forget " : "Measure how well the model knows ";
    String what =
        Numbers.count(sequences, "sequence")
            + audit
                .run()
                .map(run -> " of together " + Numbers.whole(run.targetCount()) + " scored tokens")
                .orElse("");
    long domains =
        audit.sequenceDomains().stream().filter(domain -> !domain.isEmpty()).distinct().count();
    return forget
        + what
        + (domains > 0 ? " from " + Numbers.count(domains, "domain") : "")
        + audit
            .run()
            .map(
                run ->
                    ", in a "
                        + run.model().family()
                        + " model of "
                        + Numbers.size(run.model().parameterCount())
                        + " parameters")
            .orElse("")
        + ".";
  }

  /** Returns what came of the run; empty without one. */
  List<Statement> outcome() {
    List<Statement> statements = new ArrayList<>();
    audit.run().ifPresent(run -> addOutcome(statements, run));
    return statements;
  }

  private void addOutcome(List<Statement> statements, ForgetReport run) {
    statements.add(
        new Statement(
            words(run) + " " + sentence("Reason: " + run.reason()),
            run.outcome() == Outcome.FORGOTTEN ? Tone.GOOD : Tone.BAD));
    statements.add(
        new Statement(
            run.restored()
                ? "The original weights were put back: the model knows the sequences as before."
                : "The model has the weights of epoch "
                    + run.weightsOfEpoch()
                    + " of "
                    + run.epochCount()
                    + ". The run took "
                    + Numbers.duration(run.duration())
                    + ".",
            Tone.NEUTRAL));
    if (run.criterionMet() && !run.criterionMetTogether()) {
      statements.add(
          new Statement(
              "Parts of the set were forgotten one after the other and not looked at again"
                  + " together: an earlier one may have come back.",
              Tone.OPEN));
    }
    if (!run.sequencesAbove().isEmpty()) {
      statements.add(
          new Statement(
              "On their own still at or above a threshold"
                  + (run.restored() ? " even before the weights were put back: " : ": ")
                  + Numbers.count(run.sequencesAbove().size(), "sequence")
                  + ", "
                  + named(run.sequencesAbove())
                  + ".",
              Tone.BAD));
    }
  }

  private static String words(ForgetReport run) {
    return switch (run.outcome()) {
      case FORGOTTEN ->
          run.health().isPresent()
              ? "The run met its stopping criterion, and unseen text suffered no more than was"
                  + " allowed."
              : "The run met its stopping criterion; harm was not measured by it.";
      case DAMAGED -> "The run forgot, but did more harm on unseen text than was allowed.";
      case GAVE_UP -> "The run gave up before the sequences were forgotten.";
      case PARTIAL -> "The run gave up before the sequences were forgotten; its weights were kept.";
      case DIVERGED -> "The run diverged: its numbers became too large or undefined.";
      case CANCELLED -> "The run was cancelled before its end.";
      case FAILED -> "The run failed with an error.";
    };
  }

  /** Returns what became of unseen text; empty if the run did not look. */
  Optional<Statement> health() {
    return audit.run().flatMap(run -> run.health().map(health -> health(health, run)));
  }

  private static Statement health(Health health, ForgetReport run) {
    return new Statement(
        (run.restored() ? "Before the weights were put back: on unseen" : "On unseen")
            + " text the loss went from "
            + Numbers.format(health.lossBefore())
            + " to "
            + Numbers.format(health.lossAfter())
            + " nats per token, the share of tokens predicted from "
            + Numbers.percent(health.maBefore())
            + " to "
            + Numbers.percent(health.maAfter())
            + ": "
            + (health.healthy() ? "within" : "outside")
            + " what was allowed.",
        health.healthy() ? Tone.GOOD : Tone.BAD);
  }

  private String named(List<Integer> indices) {
    List<String> names =
        indices.stream().limit(MOST_NAMED).map(i -> Sequences.label(audit, i)).toList();
    String more =
        indices.size() > MOST_NAMED ? " and " + (indices.size() - MOST_NAMED) + " more" : "";
    return String.join(", ", names) + more;
  }

  private static String sentence(String text) {
    return text.endsWith(".") ? text : text + ".";
  }
}

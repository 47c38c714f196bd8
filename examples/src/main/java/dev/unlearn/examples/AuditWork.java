package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.attack.Attacks;
import dev.unlearn.attack.Granularity;
import dev.unlearn.attack.RelearningOptions;
import dev.unlearn.eval.ByDomain;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ExtractionStrength;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.eval.Probability;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.attack.AttackSuite;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Measurements;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.extraction.PrefixProbes;
import dev.unlearn.eval.extraction.Rewording;
import dev.unlearn.eval.extraction.SampledExtraction;
import dev.unlearn.eval.membership.MembershipAudit;
import dev.unlearn.eval.membership.MembershipResult;
import dev.unlearn.eval.task.ConsoleTaskBar;
import dev.unlearn.eval.task.Task;
import dev.unlearn.eval.task.TaskResult;
import dev.unlearn.eval.task.TaskSuite;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@link Audit} measures and tries. */
final class AuditWork {
  /** Every text is asked for after each. */
  private static final int PREAMBLES = 4;

  private final AuditArguments arguments;
  private final ForgetSet set;

  /** Whole, as it was given. */
  private final List<TokenSequence> unseen;

  /** Cut to the lengths of the set. */
  private final List<TokenSequence> unseenLikeSet;

  private final List<Task> tasks;
  private final AttackSuite attacks;

  AuditWork(AuditArguments arguments, ForgetSet set, List<TokenSequence> unseen) {
    this.arguments = arguments;
    this.set = set;
    this.unseen = unseen;
    unseenLikeSet = UnseenText.cutLike(unseen, set);
    tasks = arguments.tasks();
    attacks = AttackSuite.of(attacks());
    metrics().forEach(metric -> metric.check(set.sequences()));
  }

  private List<Metric> metrics() {
    return List.of(
        ExtractionLikelihood.of(arguments.order()),
        MemorizationAccuracy.of(),
        ExtractionStrength.of(),
        Probability.of());
  }

  private List<Attack> attacks() {
    List<Rewording> rewordings = new ArrayList<>(Rewording.formats());
    rewordings.add(Rewording.afterPreamble(unseen.subList(0, Math.min(PREAMBLES, unseen.size()))));
    return List.of(
        PrefixProbes.afterTrueTokens(),
        PrefixProbes.laterStarts(),
        PrefixProbes.truncated(),
        PrefixProbes.reworded(rewordings),
        SampledExtraction.of(arguments.samples()),
        Attacks.relearning(
            RelearningOptions.builder()
                .steps(arguments.relearningSteps())
                .optimizer(Optimizers.adam(arguments.learningRate()))
                .build()),
        Attacks.quantization(MemorizationAccuracy.of(), Granularity.perRow()));
  }

  /**
   * Measures and attacks.
   *
   * @param original the model as it was, if there is one
   * @param run how the model was unlearned, if it was
   */
  Audit audit(
      TrainableCausalLm model, Optional<TrainableCausalLm> original, Optional<ForgetReport> run) {
    Audit.Builder audit =
        Audit.builder(set)
            .title(
                "Audit of "
                    + arguments.path(original.isPresent() ? "unlearned" : "model").getFileName())
            .createdAt(Instant.now())
            .addAllMeasurements(privacy(model, original))
            .addAllMeasurements(utility(model, original))
            .putAllSettings(settings())
            .putAllVersions(Unlearner.versions())
            .putAllDigests(digests(model, original));
    run.ifPresent(audit::run);
    if (original.isEmpty()) {
      audit.addLimit(
          "What unseen text gives was measured with the audited model itself, for want of the"
              + " original: a model that is damaged knows little of anything.");
    }
    membership(audit, model, original);
    AttackContext.Builder context = AttackContext.builder(model, set).unseen(unseenLikeSet);
    original.ifPresent(context::original);
    System.err.println("attacking …");
    return audit.addAllAttacks(attacks.run(context.build())).build();
  }

  private List<Measurement> privacy(CausalLm model, Optional<? extends CausalLm> original) {
    List<Measurement> rows = new ArrayList<>();
    for (Metric metric : metrics()) {
      System.err.println("measuring " + metric.key() + " …");
      CausalLm first = original.isPresent() ? original.get() : model;
      double unseenValue = metric.measure(first, unseenLikeSet).value();
      Map<Optional<String>, MetricResult> before =
          original.isPresent()
              ? ByDomain.measure(metric, original.get(), set.sequences())
              : Map.of();
      rows.addAll(
          Measurements.of(Side.PRIVACY, "forget set", set.sequences())
              .against(unseenValue, "unseen text")
              .rows(before, ByDomain.measure(metric, model, set.sequences())));
    }
    return rows;
  }

  private List<Measurement> utility(TrainableCausalLm model, Optional<TrainableCausalLm> original) {
    List<Measurement> rows = new ArrayList<>();
    for (Metric metric : List.of(Perplexity.of(), MemorizationAccuracy.of())) {
      rows.add(
          Measurements.of(Side.UTILITY, "unseen text", unseen)
              .row(original.map(it -> metric.measure(it, unseen)), metric.measure(model, unseen)));
    }
    if (!tasks.isEmpty()) {
      List<TaskResult> after = suite(model).run(model);
      List<TaskResult> before = original.map(it -> suite(it).run(it)).orElse(List.of());
      for (int i = 0; i < after.size(); i++) {
        rows.addAll(
            before.isEmpty()
                ? after.get(i).measurements()
                : TaskResult.compare(before.get(i), after.get(i), Measurements.CONFIDENCE));
      }
    }
    return rows;
  }

  private TaskSuite suite(TrainableCausalLm model) {
    TaskSuite.Builder suite =
        TaskSuite.builder().limit(arguments.limit()).listener(ConsoleTaskBar.onStandardError());
    tasks.forEach(suite::task);
    if (arguments.has("cache")) {
      suite.cache(arguments.path("cache"), CausalLms.digest(model));
    }
    return suite.build();
  }

  /** Membership is measured where unseen text matches what is to be forgotten, or else not. */
  private void membership(
      Audit.Builder audit, CausalLm model, Optional<? extends CausalLm> original) {
    try {
      MembershipAudit membership =
          MembershipAudit.builder(set, MembershipAudit.nonMembersLike(unseen, set)).build();
      MembershipResult result = membership.run(model);
      if (original.isPresent()) {
        result = result.since(membership.run(original.get()));
      }
      audit.addAllMeasurements(result.measurements());
    } catch (IllegalArgumentException e) {
      audit.addLimit("Membership was not measured: " + e.getMessage() + ".");
    }
  }

  private Map<String, String> settings() {
    return Map.of(
        "order", Integer.toString(arguments.order()),
        "samples", Integer.toString(arguments.samples()),
        "relearning steps", Integer.toString(arguments.relearningSteps()),
        "learning rate", Double.toString(arguments.learningRate()),
        "items per benchmark", Integer.toString(arguments.limit()),
        "unseen sequences", Integer.toString(unseenLikeSet.size()));
  }

  private static Map<String, String> digests(
      TrainableCausalLm model, Optional<TrainableCausalLm> original) {
    return original.isPresent()
        ? Map.of(
            "model.before", CausalLms.digest(original.get()),
            "model.after", CausalLms.digest(model))
        : Map.of("model", CausalLms.digest(model));
  }
}

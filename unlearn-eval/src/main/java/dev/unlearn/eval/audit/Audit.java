package dev.unlearn.eval.audit;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.ValueStyle;
import dev.unlearn.eval.stat.Units;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.immutables.value.Value;

/** Everything an audit found of one model. */
@Value.Immutable
@ValueStyle
public interface Audit {
  /** Returns a title, for readers. */
  String title();

  /** Returns when it was made. */
  Instant createdAt();

  /** Returns the run that unlearned; empty if only the result was audited. */
  Optional<ForgetReport> run();

  /** Returns the names of the sequences to forget, {@code "#index"} where there is none. */
  List<String> sequenceNames();

  /** Returns their domains, empty where there is none; as many as names, or none at all. */
  List<String> sequenceDomains();

  /** Returns what was measured, in the order to show it. */
  List<Measurement> measurements();

  /** Returns the attacks, in the order to show them. */
  List<AttackResult> attacks();

  /** Returns settings of the audit by name. */
  Map<String, String> settings();

  /** Returns versions by name. */
  Map<String, String> versions();

  /** Returns digests by name. */
  Map<String, String> digests();

  /** Returns what this audit does not prove, in whole sentences. */
  List<String> limits();

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableAudit.builder();
  }

  /** Returns a new builder that has the names and domains of the sequences to forget. */
  static Builder builder(ForgetSet set) {
    return builder()
        .addAllSequenceNames(Units.byName(set.sequences()))
        .addAllSequenceDomains(
            set.sequences().stream().map(sequence -> sequence.domain().orElse("")).toList());
  }

  /** Builds an {@link Audit}. */
  interface Builder {
    /** Sets {@link Audit#title()}. */
    @CanIgnoreReturnValue
    Builder title(String value);

    /** Sets {@link Audit#createdAt()}. */
    @CanIgnoreReturnValue
    Builder createdAt(Instant value);

    /** Sets {@link Audit#run()}. */
    @CanIgnoreReturnValue
    Builder run(ForgetReport value);

    /** Adds to {@link Audit#sequenceNames()}. */
    @CanIgnoreReturnValue
    Builder addAllSequenceNames(Iterable<String> values);

    /** Adds to {@link Audit#sequenceDomains()}. */
    @CanIgnoreReturnValue
    Builder addAllSequenceDomains(Iterable<String> values);

    /** Adds one of {@link Audit#measurements()}. */
    @CanIgnoreReturnValue
    Builder addMeasurement(Measurement value);

    /** Adds to {@link Audit#measurements()}. */
    @CanIgnoreReturnValue
    Builder addAllMeasurements(Iterable<? extends Measurement> values);

    /** Adds one of {@link Audit#attacks()}. */
    @CanIgnoreReturnValue
    Builder addAttack(AttackResult value);

    /** Adds to {@link Audit#attacks()}. */
    @CanIgnoreReturnValue
    Builder addAllAttacks(Iterable<? extends AttackResult> values);

    /** Adds to {@link Audit#settings()}. */
    @CanIgnoreReturnValue
    Builder putAllSettings(Map<String, ? extends String> values);

    /** Adds to {@link Audit#versions()}. */
    @CanIgnoreReturnValue
    Builder putAllVersions(Map<String, ? extends String> values);

    /** Adds to {@link Audit#digests()}. */
    @CanIgnoreReturnValue
    Builder putAllDigests(Map<String, ? extends String> values);

    /** Adds one of {@link Audit#limits()}. */
    @CanIgnoreReturnValue
    Builder addLimit(String value);

    /** Returns the value. */
    Audit build();
  }
}

package dev.unlearn.examples;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A model that knows something, and what is to become of it.
 *
 * @param model opens the model, always the same; the caller closes it
 * @param targets what it must forget
 * @param retain what it knows and is trained on while it forgets
 * @param heldOut what it knows and is not trained on: only this says what became of the rest
 * @param inFront the targets behind true tokens that are not counted, by their number; may be empty
 * @param general text of another kind, never trained on; may be empty
 * @param thresholds below which the targets count as forgotten
 */
record Subject(
    Supplier<TrainableCausalLm> model,
    List<TokenSequence> targets,
    List<TokenSequence> retain,
    List<TokenSequence> heldOut,
    Map<Integer, List<TokenSequence>> inFront,
    List<TokenSequence> general,
    ForgettingThresholds thresholds) {}

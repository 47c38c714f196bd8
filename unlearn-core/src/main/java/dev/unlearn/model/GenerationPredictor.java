package dev.unlearn.model;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import dev.unlearn.internal.Torch;

/**
 * A model behind DJL's text generation. Outputs belong to the manager of the ids; keys and values
 * to that of those before them, if there are any.
 */
final class GenerationPredictor extends Predictor<NDList, CausalLMOutput> {
  private final DjlCausalLm lm;

  GenerationPredictor(DjlCausalLm lm) {
    this(lm, Model.newInstance("generation", lm.manager().getDevice(), Torch.ENGINE));
  }

  /** The holder has no block; it is what DJL wants a predictor to have, and closed with it. */
  private GenerationPredictor(DjlCausalLm lm, Model holder) {
    super(holder, new Outputs(), holder.getNDManager().getDevice(), false);
    this.lm = lm;
  }

  @Override
  protected NDList predictInternal(TranslatorContext context, NDList inputs) {
    try (Torch.GradientMode off = Torch.gradientsOff()) {
      NDList outputs = new NDList();
      for (NDArray output : lm.generationStep(inputs)) {
        // Made anew here, in the caller's scope: a search never frees what came out of inner ones.
        outputs.add(output.reshape(output.getShape()));
        output.close();
      }
      return outputs;
    }
  }

  @Override
  public void close() {
    super.close();
    model.close();
  }

  /** Sorts the outputs: logits, keys and values, hidden states. */
  private static final class Outputs implements NoBatchifyTranslator<NDList, CausalLMOutput> {

    @Override
    public NDList processInput(TranslatorContext context, NDList input) {
      return input;
    }

    @Override
    public CausalLMOutput processOutput(TranslatorContext context, NDList outputs) {
      int last = outputs.size() - 1;
      NDList keysAndValues = new NDList(outputs.subList(1, last));
      return new CausalLMOutput(outputs.get(0), outputs.get(last), keysAndValues);
    }
  }
}

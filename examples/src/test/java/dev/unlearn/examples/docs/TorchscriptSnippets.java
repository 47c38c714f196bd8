package dev.unlearn.examples.docs;

import ai.djl.ModelException;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.modality.nlp.generate.SearchConfig;
import ai.djl.modality.nlp.generate.TextGenerator;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.zoo.nlp.textgeneration.PtGptTranslator;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.model.Signature;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Path;

final class TorchscriptSnippets {
  private TorchscriptSnippets() {}

  static void forget(Path file, Tokenizer tokenizer, ForgetSet set, Corpus unseen, Path out) {
    try (TrainableCausalLm model = CausalLms.loadTorchScript(file, tokenizer)) {
      CausalLms.checkSavable(model, out); // now rather than after an hour
      ForgetReport report = Unlearner.untilLike(unseen).forget(model, set);
      if (report.succeeded()) {
        CausalLms.save(model, out);
      }
    }
  }

  static TrainableCausalLm load(Path file, Tokenizer tokenizer) {
    return CausalLms.loadTorchScript(file, tokenizer, Signature.ids(1024).withAttentionMask());
  }

  static TrainableCausalLm loadGenerator(Path file, Tokenizer tokenizer) {
    return CausalLms.loadTorchScript(file, tokenizer, Signature.textGeneration(1024, 12, 12, 64));
  }

  static NDArray generate(Path file, NDArray ids)
      throws ModelException, IOException, TranslateException {
    Criteria<NDList, CausalLMOutput> criteria =
        Criteria.builder()
            .setTypes(NDList.class, CausalLMOutput.class)
            .optModelPath(file)
            .optEngine("PyTorch")
            .optTranslator(new PtGptTranslator(64, 12, 12))
            .build();
    try (ZooModel<NDList, CausalLMOutput> model = criteria.loadModel();
        Predictor<NDList, CausalLMOutput> predictor = model.newPredictor()) {
      return new TextGenerator(predictor, "greedy", new SearchConfig()).generate(ids);
    }
  }
}

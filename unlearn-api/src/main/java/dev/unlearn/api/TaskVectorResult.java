package dev.unlearn.api;

/**
 * What became of a forget set when its task vector was negated: mean negative log-likelihood of its
 * targets, in nats per token.
 *
 * @param originalLoss under the original weights
 * @param overfitLoss under the weights fine-tuned on it; should be close to 0
 * @param negatedLoss under the weights the model has now; should be above the original
 */
public record TaskVectorResult(double originalLoss, double overfitLoss, double negatedLoss) {}

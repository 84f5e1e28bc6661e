"""torchvision's Mask R-CNN v1, `maskrcnn_resnet50_fpn`, by its parts."""

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

COPIES = 10  # of each object's box among the proposals


class AsFound:
    """The peer as it is: it trains the mask head on those positive ROIs that it finds."""

    def __init__(self, work, samples):
        torch.manual_seed(0)
        torch.set_num_threads(work.threads)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.work = work
        self.model = MaskRCNN(
            # With frozen normalisation, as `maskrcnn_resnet50_fpn` has it with pretrained weights.
            resnet_fpn_backbone(backbone_name="resnet50", weights=None, trainable_layers=5),
            num_classes=work.classes,
            min_size=work.size,
            max_size=work.size,
            rpn_post_nms_top_n_train=work.proposals_train,
            rpn_post_nms_top_n_test=work.proposals_detect,
            box_batch_size_per_image=work.rois,
            box_positive_fraction=work.positive_fraction,
            box_score_thresh=0.0,
            box_nms_thresh=work.nms_threshold,
            box_detections_per_img=work.detections,
            _skip_resize=True,  # the images have their size already
        )
        keep_boxes(self.model)
        self.model.train(work.task == "train").to(self.device)
        self.images = [
            torch.from_numpy(np.float32(sample["image"].transpose(2, 0, 1) / 255)).to(self.device)
            for sample in samples
        ]
        if work.task == "train":
            self.targets = [
                {name: values.to(self.device) for name, values in as_target(sample).items()}
                for sample in samples
            ]
            self.optimizer = torch.optim.SGD(
                self.model.parameters(), work.learning_rate, work.momentum
            )

    def train(self) -> float:
        """The steps; returns the loss."""
        for _ in range(self.work.steps):
            loss = self.loss()
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.work.clip_norm)
            self.optimizer.step()
        return loss.item()

    def loss(self):
        with self.precision():
            return sum(self.model(self.images, self.targets).values())

    @torch.inference_mode()
    def detect(self) -> np.ndarray:
        """The masks of the last image, bool `(N, H, W)`."""
        for _ in range(self.work.steps):
            with self.precision():
                found = self.model(self.images)
            masks = [(each["masks"][:, 0] >= 0.5).cpu() for each in found]
        return masks[-1].numpy()

    def precision(self):
        mixed = self.work.precision == "bfloat16"
        return torch.autocast(self.device, torch.bfloat16, enabled=mixed)

    def account(self) -> dict:
        """`operations` of one step, a `note` of what it computed, and the GPU's `peak` memory."""
        memory = {"peak": torch.cuda.max_memory_allocated()} if self.device == "cuda" else {}
        seen = {}
        for part, features in (("rois", "box_head"), ("mask_rois", "mask_head")):
            getattr(self.model.roi_heads, features).register_forward_hook(
                lambda _, inputs, __, part=part: seen.update({part: len(inputs[0])})
            )
        with FlopCounterMode(display=False) as counter:
            self.loss() if self.work.task == "train" else self.detect()
        if self.work.task == "detect":
            operations = counter.get_total_flops() / self.work.steps
            note = f"{seen['rois']} proposals, {seen['mask_rois']} detections"
            return {"operations": operations, "note": note} | memory
        return {
            "operations": 3 * counter.get_total_flops(),
            "note": f"{seen['rois']} ROIs, {seen['mask_rois']} mask ROIs",
        } | memory


class Torchvision(AsFound):
    """The peer with as many positive ROIs as may be, as soon as training is under way."""

    def __init__(self, work, samples):
        super().__init__(work, samples)
        self.model.roi_heads.add_gt_proposals = add_copies


class ChannelsLast(Torchvision):
    """The peer as PyTorch advises on CPUs: kernels, and so feature maps, with channels last."""

    def __init__(self, work, samples):
        super().__init__(work, samples)
        self.model.to(memory_format=torch.channels_last)


def add_copies(proposals, gt_boxes):
    """Joins to each image's proposals its objects' boxes and copies a little beside them."""
    joined = []
    for boxes, objects in zip(proposals, gt_boxes, strict=True):
        copies = objects.repeat(COPIES, 1)
        shifts = torch.rand_like(copies[:, :2]) - 0.5
        shifts = 0.1 * shifts * (copies[:, 2:] - copies[:, :2])
        joined.append(torch.cat((boxes, objects, copies + shifts.repeat(1, 2))))
    return joined


def as_target(sample) -> dict:
    """The sample's objects, `[x1, y1, x2, y2]`."""
    return {
        "boxes": torch.from_numpy(sample["boxes"][:, [1, 0, 3, 2]]),
        "labels": torch.from_numpy(sample["classes"]),
        "masks": torch.from_numpy(sample["masks"].astype(np.uint8)),
    }


def keep_boxes(model):
    """Start with boxes as the anchors are: random deltas leave splinters of no natural size."""
    for layer in (model.rpn.head.bbox_pred, model.roi_heads.box_predictor.bbox_pred):
        torch.nn.init.zeros_(layer.weight)

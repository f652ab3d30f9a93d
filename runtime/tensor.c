/* Tensors in and out of a loaded conv, and what a dump wants to know of it. */
#include "handle.h"
#include "pack_feature.h"

/* ---- tensors ---- */

/* NULL for an id that means nothing, and for an operand that the conv does not have. */
static const struct npub_tensor *tensor_of(const struct npurt *rt,
					   enum npurt_tensor_id id)
{
	switch (id) {
	case NPURT_INPUT:
		return rt->input;
	case NPURT_OUTPUT:
		return rt->output;
	case NPURT_OPERAND:
		return rt->operand;
	default:
		return NULL;
	}
}

static enum npurt_err no_tensor(const struct npurt *rt, enum npurt_tensor_id id)
{
	return rt && id == NPURT_OPERAND ? NPURT_ERR_NOTENSOR : NPURT_ERR_ARGUMENT;
}

static size_t nchw_bytes(const struct npub_tensor *t)
{
	return (size_t)t->n * t->c * t->h * t->w * npub_elem_bytes(t->elem);
}

enum npurt_err npurt_tensor(const struct npurt *rt, enum npurt_tensor_id id,
			    struct npurt_tensor_info *info)
{
	const struct npub_tensor *t = rt ? tensor_of(rt, id) : NULL;

	bool is_uint8;

	if (!t)
		return no_tensor(rt, id);
	if (!info)
		return NPURT_ERR_ARGUMENT;
	is_uint8 = t->user_form == NPUB_USER_UINT8;
	*info = (struct npurt_tensor_info){
		.name = npub_string(&rt->bundle, t->name),
		.elem = t->elem,
		.elem_bytes = npub_elem_bytes(t->elem),
		.n = t->n,
		.c = t->c,
		.h = t->h,
		.w = t->w,
		.nchw_bytes = nchw_bytes(t),
		.device_bytes = t->bytes,
		.scale = t->scale,
		.zero_point = t->zero_point + (is_uint8 ? UINT8_MAX - INT8_MAX : 0),
		.is_uint8 = is_uint8,
	};
	return NPURT_OK;
}

enum npurt_err npurt_write(struct npurt *rt, enum npurt_tensor_id id, const void *nchw,
			   size_t bytes)
{
	const struct npub_tensor *t = rt ? tensor_of(rt, id) : NULL;

	if (!t)
		return no_tensor(rt, id);
	if (!nchw || id == NPURT_OUTPUT)
		return NPURT_ERR_ARGUMENT;
	if (rt->state == STATE_SUBMITTED)
		return NPURT_ERR_STATE;
	if (bytes != nchw_bytes(t))
		return NPURT_ERR_TENSOR_SIZE;
	npurt_pack_feature(t, nchw, handle_tensor(rt, t));
	rt->has_operand |= id == NPURT_OPERAND;
	return NPURT_OK;
}

enum npurt_err npurt_write_input(struct npurt *rt, const void *nchw, size_t bytes)
{
	return npurt_write(rt, NPURT_INPUT, nchw, bytes);
}

enum npurt_err npurt_read_output(struct npurt *rt, void *nchw, size_t bytes)
{
	if (!rt || !nchw)
		return NPURT_ERR_ARGUMENT;
	if (bytes != nchw_bytes(rt->output))
		return NPURT_ERR_TENSOR_SIZE;
	if (rt->state != STATE_DONE)
		return NPURT_ERR_STATE;
	npurt_unpack_feature(rt->output, handle_tensor(rt, rt->output), nchw);
	return NPURT_OK;
}

enum npurt_err npurt_map(struct npurt *rt, enum npurt_tensor_id id, void **data,
			 size_t *bytes)
{
	const struct npub_tensor *t = rt ? tensor_of(rt, id) : NULL;

	if (!t)
		return no_tensor(rt, id);
	if (!data || !bytes)
		return NPURT_ERR_ARGUMENT;
	rt->has_operand |= id == NPURT_OPERAND;
	*data = handle_tensor(rt, t);
	*bytes = t->bytes;
	return NPURT_OK;
}

/* ---- for dumps ---- */

uint32_t npurt_bo_count(const struct npurt *rt)
{
	return rt ? rt->conv->bo_count : 0;
}

enum npurt_err npurt_bo(const struct npurt *rt, uint32_t index,
			struct npurt_bo_info *info)
{
	const struct npub_bo *bo;

	if (!rt || !info || index >= rt->conv->bo_count)
		return NPURT_ERR_ARGUMENT;
	bo = &rt->bundle.bos[rt->conv->first_bo + index];
	*info = (struct npurt_bo_info){
		.name = npub_string(&rt->bundle, bo->name),
		.role = bo->role,
		.flags = bo->flags,
		.dma_addr = rt->bo[index].dma_addr,
		.bytes = bo->bytes,
		.data = rt->bo[index].data,
	};
	return NPURT_OK;
}
